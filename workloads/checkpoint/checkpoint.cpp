// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "workloads/checkpoint/checkpoint.h"

#include "workloads/base/error.h"
#include "workloads/checkpoint/checkpoint_files.h"
#include "workloads/checkpoint/tensor_catalog.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace dscope {
namespace {

using Group = CheckpointFindings::Group;

// Binds slots to stored tensors, noting what does not fit, and keeps track of what is left over.
class Binder {
 public:
  Binder(const std::map<std::string_view, StoredTensor>& tensors, const ModelConfig& config,
         CheckpointFindings& findings)
      : left_(tensors), config_(config), findings_(findings) {}

  void bind(const std::vector<TensorSlot>& slots) {
    for (const TensorSlot& slot : slots) bind(slot);
  }

  // Sorts what no slot asked for into unused and unexpected.
  void finish(Checkpoint::Contents& contents) {
    for (const auto& [name, tensor] : left_) {
      if (name.starts_with("mtp.")) {
        ++contents.unused_tensors;
        contents.unused_bytes += std::ssize(tensor.bytes);
      } else {
        findings_.add(Group::kExtra, name, "no tensor of this name", describe(*tensor.info));
      }
    }
  }

 private:
  std::optional<StoredTensor> take(std::string_view name) {
    const auto node = left_.extract(name);
    return node.empty() ? std::nullopt : std::optional(node.mapped());
  }

  void bind(const TensorSlot& slot) {
    const bool quantised = slot.format == WeightFormat::kFp8 || slot.format == WeightFormat::kMxfp4;
    const auto stored = take(slot.name);
    if (!stored) {
      findings_.add(Group::kMissing, slot.name,
                    expectation(accepted_dtypes(slot), packed_shape(slot)), "none");
      // Its scale is not the one that is unexpected.
      if (quantised) take(slot.scale_name());
      return;
    }
    const bool fits = check_dtype(*stored->info, accepted_dtypes(slot), packed_shape(slot)) &&
                      check_shape(slot, *stored);
    if (slot.role == TensorRole::kTokenTable) {
      if (fits) bind_tokens(slot, *stored);
      return;
    }
    const WeightFormat format = stored_format(slot, stored->info->dtype);
    const std::byte* scales = nullptr;
    if (const auto shape = scale_shape(slot, format); !shape.empty()) {
      scales = bind_scales(slot.scale_name(), shape);
    }
    if (fits) bind_weight(slot, format, stored->bytes.data(), scales);
  }

  const std::byte* bind_scales(const std::string& name, const std::vector<std::int64_t>& shape) {
    constexpr std::array kDtypes{TensorDtype::kF8E8m0, TensorDtype::kU8};
    const auto stored = take(name);
    if (!stored) {
      findings_.add(Group::kMissing, name, expectation(kDtypes, shape), "none");
      return nullptr;
    }
    if (!check_dtype(*stored->info, kDtypes, shape)) return nullptr;
    if (stored->info->shape != shape) {
      findings_.add(Group::kShape, name, shape_text(shape), describe(*stored->info));
    }
    return stored->bytes.data();
  }

  void bind_tokens(const TensorSlot& slot, const StoredTensor& stored) {
    bind_table(slot, dtype_bits(stored.info->dtype) / 8, stored.bytes.data());
    // The ids index the experts: one out of range would read beyond them.
    const IntMatrix& table = *std::get<IntMatrix*>(slot.target);
    for (std::int64_t token = 0; token < table.rows; ++token) {
      for (std::int64_t k = 0; k < table.cols; ++k) {
        const std::int64_t id = table.at(token, k);
        if (id >= 0 && id < config_.experts) continue;
        findings_.add(Group::kValue, fmt::format("{}[{}, {}]", slot.name, token, k),
                      fmt::format("an expert id from 0 to {}", config_.experts - 1),
                      fmt::to_string(id));
        return;  // the first one tells enough about this table
      }
    }
  }

  bool check_dtype(const TensorInfo& info, std::span<const TensorDtype> accepted,
                   const std::vector<std::int64_t>& shape) {
    if (std::ranges::find(accepted, info.dtype) != accepted.end()) return true;
    findings_.add(Group::kDtype, info.name, expectation(accepted, shape), describe(info));
    return false;
  }

  bool check_shape(const TensorSlot& slot, const StoredTensor& stored) {
    const TensorInfo& info = *stored.info;
    bool fits = info.shape == packed_shape(slot);
    if (info.dtype == TensorDtype::kF4) {
      // F4 shapes count values or, from some writers, pairs of values.
      fits = (fits || info.shape == slot.shape) &&
             std::ssize(stored.bytes) == value_bytes(slot, slot.format);
    }
    if (!fits) {
      findings_.add(Group::kShape, info.name, shape_text(packed_shape(slot)), describe(info));
    }
    return fits;
  }

  // As I8 and U8 tensors have it: MXFP4 values come in pairs.
  static std::vector<std::int64_t> packed_shape(const TensorSlot& slot) {
    std::vector<std::int64_t> shape = slot.shape;
    if (slot.format == WeightFormat::kMxfp4) shape.back() /= 2;
    return shape;
  }

  static std::string expectation(std::span<const TensorDtype> dtypes,
                                 const std::vector<std::int64_t>& shape) {
    std::string names;
    for (const TensorDtype dtype : dtypes) {
      if (!names.empty()) names += dtype == dtypes.back() ? " or " : ", ";
      names += dtype_name(dtype);
    }
    return fmt::format("{} {}", names, shape_text(shape));
  }

  std::map<std::string_view, StoredTensor> left_;
  const ModelConfig& config_;
  CheckpointFindings& findings_;
};

// A config that describes far more than the files hold would have nearly every tensor reported
// missing, and work without bound before that. A complete layer has over 20 tensors and six for
// each expert.
void check_proportion(const ModelConfig& config, std::size_t tensors, const std::string& folder,
                      const CheckpointFindings& findings) {
  const auto least = static_cast<std::size_t>(config.layers * (10 + 2 * config.experts));
  if (least <= tensors) return;
  findings.raise(folder);  // an index that leads astray explains it better
  throw input_error(
      "{}: expected the tensors of {} layers with {} experts each, as config.json says, found {} "
      "tensors in all",
      folder, config.layers, config.experts, tensors);
}

}  // namespace

struct Checkpoint::Loaded {
  explicit Loaded(const std::filesystem::path& folder, const ModelConfig& config);

  std::optional<CheckpointFiles> files;
  Contents contents;
  EndWeights ends;
  std::vector<LayerWeights> layers;
  std::vector<ExpertWeights> experts;  // [layers * experts]
};

Checkpoint::Loaded::Loaded(const std::filesystem::path& folder, const ModelConfig& config) {
  CheckpointFindings findings;
  files.emplace(folder, findings);
  check_proportion(config, files->tensors().size(), folder.string(), findings);
  contents.shards = static_cast<std::int64_t>(files->shard_count());
  contents.tensors = std::ssize(files->tensors());
  for (const auto& [name, tensor] : files->tensors()) contents.bytes += std::ssize(tensor.bytes);

  Binder binder(files->tensors(), config, findings);
  binder.bind(end_slots(config, ends));
  layers.resize(static_cast<std::size_t>(config.layers));
  experts.resize(static_cast<std::size_t>(config.layers * config.experts));
  for (std::int64_t layer = 0; layer < config.layers; ++layer) {
    binder.bind(layer_slots(config, layer, layers[static_cast<std::size_t>(layer)]));
    for (std::int64_t id = 0; id < config.experts; ++id) {
      const auto at = static_cast<std::size_t>(layer * config.experts + id);
      binder.bind(expert_slots(config, layer, id, experts[at]));
    }
  }
  binder.finish(contents);
  findings.raise(folder.string());
}

Checkpoint::Checkpoint(std::filesystem::path folder)
    : folder_(std::move(folder)),
      config_(read_model_config(folder_ / "config.json")),
      loaded_(std::make_shared<const Loaded>(folder_, config_)) {}

Checkpoint::~Checkpoint() = default;

const Checkpoint::Contents& Checkpoint::contents() const {
  return loaded_->contents;
}

const EndWeights& Checkpoint::ends() {
  return loaded_->ends;
}

const LayerWeights& Checkpoint::layer(std::int64_t layer) {
  DSCOPE_REQUIRE(layer >= 0 && layer < config_.layers, "layer {} of {}", layer, config_.layers);
  return loaded_->layers[static_cast<std::size_t>(layer)];
}

std::shared_ptr<const ExpertWeights> Checkpoint::expert(std::int64_t layer, std::int64_t id) {
  DSCOPE_REQUIRE(layer >= 0 && layer < config_.layers && id >= 0 && id < config_.experts,
                 "expert {} of layer {}: the model has {} layers of {} experts", id, layer,
                 config_.layers, config_.experts);
  return {loaded_, &loaded_->experts[static_cast<std::size_t>(layer * config_.experts + id)]};
}

}  // namespace dscope
