# SPDX-FileCopyrightText: 2026 The DecodeScope Authors
# SPDX-License-Identifier: Apache-2.0
# The front door: installs what is missing and calls CMake with a preset. Nothing is decided here
# that CMakeLists.txt or CMakePresets.json could decide.
PRESET ?= default
BUILD := build/$(PRESET)
DSCOPE := $(BUILD)/bin/dscope
VIEWER := $(BUILD)/bin/dscope-viewer
DEMO := build/demo
RECORDED := tests/data/kineto/eager_l4_b1-TP-0.trace.json.gz \
            tests/data/kineto/graph_l4_b2-TP-0.trace.json.gz
TINY := tests/data/dsv4_tiny
DEMO_DOCUMENTS := $(DEMO)/profile.json $(DEMO)/predicted.json
SEED_BOX := --model dsv4-flash --tp 8 --device rtx-pro-6000 --interconnect pcie5-no-p2p \
            --context 1024 --kernel-set sglang-24692

PACKAGES := g++ cmake ninja-build git libfmt-dev libcli11-dev nlohmann-json3-dev \
            libgtest-dev libgmock-dev libbenchmark-dev zlib1g-dev libopenmpi-dev openmpi-bin \
            pkg-config libsimdjson-dev libsqlite3-dev libre2-dev libnlopt-dev libnlopt-cxx-dev \
            libimgui-dev libglfw3-dev libgl-dev libgl1-mesa-dri libstb-dev libfreetype-dev \
            fonts-dejavu-core xvfb xauth
LINT_PACKAGES := clang-format clang-tidy
LINT_JOBS ?= 2
TIDY_RECENT ?= 100000

.DEFAULT_GOAL := build
PICTURES := build/pictures
README_PICTURES := timeline.png compare-timelines.png explore.png explore-map.png

.PHONY: help deps lint-deps build test demo demo-pictures viewer pictures validate bench lint format-check tidy format clean

help:
	@echo 'make            build into $(BUILD)'
	@echo 'make test       build and run the tests'
	@echo 'make demo       profile the bundled tiny checkpoint, predict a box of GPUs, show both'
	@echo 'make viewer     build the viewer and open it on what the demo made'
	@echo 'make pictures   every panel, in every size and theme, into build/pictures; needs no display'
	@echo 'make validate   predictions against measurements: model/validation/VALIDATION.md'
	@echo 'make bench      run the micro-benchmarks'
	@echo 'make lint       clang-format and clang-tidy over all of our files'
	@echo 'make format     let clang-format rewrite them'
	@echo 'make deps       only install the missing Debian packages'
	@echo 'make clean      remove build/'
	@echo
	@echo 'PRESET=NAME chooses a preset of CMakePresets.json: default, cpu, cuda, dev, asan.'

# $(call install,PACKAGES): asks apt for those that dpkg does not have; other systems are only told.
define install
@command -v dpkg-query >/dev/null || \
  { echo 'Not a Debian system; these must be there under their local names: $(1)'; exit 0; }; \
missing=; \
for package in $(1); do \
  [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || \
    missing="$$missing $$package"; \
done; \
[ -n "$$missing" ] || exit 0; \
echo "Installing$$missing"; \
[ "$$(id -u)" = 0 ] && sudo= || sudo=sudo; \
[ -z "$$sudo" ] || command -v sudo >/dev/null || \
  { echo "Neither root nor sudo; as root run: apt-get install$$missing" >&2; exit 1; }; \
$$sudo apt-get update -qq && \
$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing
endef

deps:
	$(call install,$(PACKAGES))

lint-deps:
	$(call install,$(LINT_PACKAGES))

# CMake notices changes of its own files by itself, but not those of the presets.
$(BUILD)/build.ninja: CMakePresets.json | deps
	cmake --preset $(PRESET)

build: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET)

test: build
	@ctest --preset $(PRESET)

# A measured step, the prediction for the box that this project started from, and pictures of both.
demo: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET) --target dscope dscope-viewer
	@mkdir -p $(DEMO)
	$(DSCOPE) run --checkpoint $(TINY) --input-ids $(TINY)/expected.safetensors:input_ids \
	  --numerics exact --profile --out $(DEMO)/profile.json --trace $(DEMO)/trace.json
	$(DSCOPE) report $(DEMO)/profile.json --format html --out $(DEMO)/report.html
	@echo
	@echo 'Where this project started: V4-Flash on 8 RTX PRO 6000 over PCIe (sglang pull request 24692).'
	@echo 'Published: 97.5 ms a token; MoE 35-40 ms, NCCL 18-22 ms, FlashMLA 10-12 ms; the rest unexplained.'
	$(DSCOPE) predict $(SEED_BOX) --out $(DEMO)/predicted.json
	@echo
	$(DSCOPE) advise $(SEED_BOX)
	@echo
	@echo 'Report    $(DEMO)/report.html (any browser)'
	@echo 'Trace     $(DEMO)/trace.json (open it in https://ui.perfetto.dev)'
	@echo 'Documents $(DEMO)/profile.json, $(DEMO)/predicted.json ($(DSCOPE) report, compare, advise)'
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  echo 'Viewer    close its window to go on'; \
	  $(VIEWER) $(DEMO_DOCUMENTS); \
	else \
	  $(MAKE) --no-print-directory demo-pictures; \
	fi

# What the viewer shows, without a display.
demo-pictures:
	@for panel in breakdown explore roofline; do \
	  LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a $(VIEWER) --panel $$panel --size 1280x720 \
	    --screenshot $(DEMO)/$$panel.png $(DEMO_DOCUMENTS) >/dev/null || exit 1; \
	  echo "Picture   $(DEMO)/$$panel.png"; \
	done

viewer: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET) --target dscope-viewer
	$(VIEWER) $(wildcard $(DEMO)/profile.json)

# Of the recorded traces and of the documents of the demo, as far as they are there. Those that the
# READMEs show are copied to viewer/pictures.
pictures: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET) --target dscope-viewer
	@for size in 1280x720 2560x1440; do \
	  for theme in light dark colour-blind; do \
	    folder=$(PICTURES)/$$size-$$theme; \
	    mkdir -p $$folder; \
	    sed "s|^screenshot |&$$folder/|" viewer/pictures/every_panel.txt > $$folder/script.txt; \
	    LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a $(VIEWER) --theme $$theme --size $$size \
	      --script $$folder/script.txt $(RECORDED) $(wildcard $(DEMO)/predicted.json) \
	      >/dev/null || exit 1; \
	    echo "Pictures  $$folder"; \
	  done; \
	done
	@cd $(PICTURES)/1280x720-light && cp $(README_PICTURES) $(CURDIR)/viewer/pictures

validate: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET) --target dscope
	$(DSCOPE) validate --out model/validation/VALIDATION.md

bench: $(BUILD)/build.ninja
	@cmake --build --preset $(PRESET) --target dscope
	$(DSCOPE) bench

OUR_FILES := git ls-files -z -co --exclude-standard '*.h' '*.cpp' '*.cuh' '*.cu'

format-check: lint-deps
	@echo 'clang-format'
	@$(OUR_FILES) | xargs -0 clang-format --dry-run -Werror

# clang-tidy needs what the build generates. It looks at every .cpp of the compile database but the
# tests: their macros triple the time, and what the checks find there is mostly about the macros.
# Precompiled headers are those of another compiler: it does without.
# TIDY_RECENT=N: only the N of them that were changed last; all of them take some 20 minutes.
tidy: lint-deps build
	@echo 'clang-tidy'
	@sed -n 's|^ *"file": "$(CURDIR)/\(.*\.cpp\)",*$$|\1|p' $(BUILD)/compile_commands.json \
	  | grep -v -e '^build/' -e '^tests/' | sort -u > $(BUILD)/tidy_files
	@mkdir -p $(BUILD)/tidy
	@sed 's| -Winvalid-pch -include [^ ]*||' $(BUILD)/compile_commands.json \
	  > $(BUILD)/tidy/compile_commands.json
	@{ git log --format= --name-only -- '*.cpp'; cat $(BUILD)/tidy_files; } | awk '!seen[$$0]++' \
	  | grep -F -x -f $(BUILD)/tidy_files | head -n $(TIDY_RECENT) \
	  | xargs -n 1 -P $(LINT_JOBS) clang-tidy --quiet -p $(BUILD)/tidy

lint: format-check tidy

format: lint-deps
	@$(OUR_FILES) | xargs -0 clang-format -i

clean:
	rm -rf build
