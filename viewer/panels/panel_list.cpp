// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "viewer/panels/breakdown_panel.h"
#include "viewer/panels/compare_panel.h"
#include "viewer/panels/documents_panel.h"
#include "viewer/panels/explore_panel.h"
#include "viewer/panels/panel.h"
#include "viewer/panels/roofline_panel.h"
#include "viewer/panels/timeline_panel.h"

namespace dscope::viewer {

std::vector<PanelPtr> make_panels() {
  std::vector<PanelPtr> panels;
  panels.push_back(make_breakdown_panel());
  panels.push_back(make_timeline_panel());
  panels.push_back(make_compare_panel());
  panels.push_back(make_explore_panel());
  panels.push_back(make_roofline_panel());
  panels.push_back(make_documents_panel());
  return panels;
}

}  // namespace dscope::viewer
