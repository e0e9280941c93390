// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "model/measured_device.h"

#include "model/device_catalog.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace dscope::model {
namespace {

constexpr MemoryRates kRates{.dram_read_gbps = 1694.3,
                             .dram_copy_gbps = 1581.7,
                             .dram_latency_ns = 612.34,
                             .l2_latency_ns = 271.8,
                             .l2_read_gbps = 8049.9,
                             .pcie_gbps = 53.27};

profile::Gpu some_gpu() {
  profile::Gpu gpu;
  gpu.name = "NVIDIA GeForce RTX 5090";
  gpu.sms = 170;
  gpu.power_limit_w = 400;
  return gpu;
}

TEST(MeasuredDevice, MeasurementsAndTheDriverTakeThePlaceOfTheCatalogue) {
  const Device like = find_device("rtx-5090");
  const Device device = measured_device(like, some_gpu(), kRates, "a test");
  EXPECT_EQ(device.name, like.name);
  EXPECT_EQ(device.label, "NVIDIA GeForce RTX 5090, measured");
  EXPECT_EQ(device.dram_read_gbps.value, 1690);
  EXPECT_EQ(device.l2_read_gbps.value, 8050);
  EXPECT_DOUBLE_EQ(device.pcie_gbps.value.value(), 53.3);
  EXPECT_EQ(device.board_power_w.value, 400);
  for (const auto& field : {device.dram_read_gbps, device.dram_latency_ns, device.board_power_w}) {
    EXPECT_EQ(field.source, ValueSource::kMeasured);
    EXPECT_EQ(field.where, "a test");
  }
}

TEST(MeasuredDevice, WhatNobodyMeasuredStays) {
  const Device like = find_device("rtx-5090");
  const Device device = measured_device(like, some_gpu(), kRates, "a test");
  EXPECT_EQ(device.bf16_tflops, like.bf16_tflops);
  EXPECT_EQ(device.l2_bytes, like.l2_bytes);  // the driver did not say
  EXPECT_EQ(device.compute_capability, like.compute_capability);
}

TEST(MeasuredDevice, IsAFileThatTheReaderTakes) {
  const Device device = measured_device(find_device("rtx-5090"), some_gpu(), kRates, "a test");
  EXPECT_EQ(device_from_json(nlohmann::json(device), "test"), device);
}

}  // namespace
}  // namespace dscope::model
