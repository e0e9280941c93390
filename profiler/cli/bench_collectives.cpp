// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "profiler/cli/bench_collectives.h"

#include "kernels/comm/collective_times.h"
#include "kernels/cuda/device.h"
#include "profiler/cli/relaunch.h"
#include "workloads/base/error.h"

namespace dscope::cli {

void bench_collectives(exporter::Format format, const std::optional<int>& gpus,
                       const Launch& launch) {
  if (gpus && *gpus > 1 && launch.ranks == 1) relaunch_with_mpirun(launch.command_line, *gpus);
  if (launch.ranks < 2) {
    throw usage_error("bench: --collectives needs several ranks: --gpus N, or mpirun -np N");
  }
  const auto ranks = make_mpi_communicator();
  select_device(ranks->rank());
  const std::vector<AllReduceTime> times = measure_all_reduce(*ranks);
  if (ranks->rank() != 0) return;
  using exporter::Align;
  exporter::TextTable table({{"device", "Card"},
                             {"ranks", "Ranks", Align::kRight},
                             {"algorithm", "Algorithm"},
                             {"payload_bytes", "Payload", Align::kRight},
                             {"time_ns", "Time", Align::kRight}});
  const std::string device = current_device().name;
  for (const AllReduceTime& t : times) {
    table.add_row({device, exporter::number_cell(launch.ranks), t.algorithm,
                   exporter::bytes_cell(static_cast<double>(t.payload_bytes)),
                   exporter::ns_cell(t.ns)});
  }
  print(table.render(format));
}

}  // namespace dscope::cli
