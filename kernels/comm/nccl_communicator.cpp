// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/comm/device_communicator.h"
#include "kernels/comm/rank_sum.h"
#include "kernels/cuda/device_buffer.h"
#include "workloads/base/error.h"

#include <dlfcn.h>

#include <array>
#include <cstddef>

namespace dscope {
namespace {

// The part of NCCL's C interface that is used, as its documentation gives it; the library is found
// at run time, so that a build needs neither its header nor the library.
using NcclComm = void*;
struct NcclUniqueId {
  std::array<char, 128> bytes;
};
using NcclResult = int;
constexpr NcclResult kNcclSuccess = 0;
constexpr int kNcclFloat32 = 7;
constexpr int kNcclBfloat16 = 9;
constexpr int kNcclSum = 0;

struct Nccl {
  NcclResult (*get_unique_id)(NcclUniqueId*) = nullptr;
  NcclResult (*comm_init_rank)(NcclComm*, int, NcclUniqueId, int) = nullptr;
  NcclResult (*comm_destroy)(NcclComm) = nullptr;
  NcclResult (*all_reduce)(const void*, void*, std::size_t, int, int, NcclComm, Stream) = nullptr;
  NcclResult (*all_gather)(const void*, void*, std::size_t, int, NcclComm, Stream) = nullptr;
  const char* (*error_string)(NcclResult) = nullptr;
  const char* (*last_error)(NcclComm) = nullptr;
};

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) throw unavailable_error("libnccl.so.2 has no {}: too old?", name);
}

const Nccl& nccl() {
  static const Nccl table = [] {
    void* const library = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      throw unavailable_error(
          "NCCL is not there ({}); install libnccl2, or choose --comm pcie_loopback or none",
          dlerror());
    }
    Nccl t;
    find(library, "ncclGetUniqueId", t.get_unique_id);
    find(library, "ncclCommInitRank", t.comm_init_rank);
    find(library, "ncclCommDestroy", t.comm_destroy);
    find(library, "ncclAllReduce", t.all_reduce);
    find(library, "ncclAllGather", t.all_gather);
    find(library, "ncclGetErrorString", t.error_string);
    find(library, "ncclGetLastError", t.last_error);
    return t;
  }();
  return table;
}

void check(NcclResult result, const char* call) {
  if (result == kNcclSuccess) return;
  throw Error(ErrorKind::kInternal, fmt::format("{}: {} ({})", call, nccl().error_string(result),
                                                nccl().last_error(nullptr)));
}

class NcclCommunicator final : public DeviceCommunicator {
 public:
  NcclCommunicator(Communicator& bootstrap, std::int64_t gathered_bytes)
      : size_(bootstrap.size()), rank_(bootstrap.rank()), gathered_bytes_(gathered_bytes) {
    NcclUniqueId id{};
    if (rank_ == 0) check(nccl().get_unique_id(&id), "ncclGetUniqueId");
    bootstrap.broadcast(std::as_writable_bytes(std::span(id.bytes)));
    check(nccl().comm_init_rank(&comm_, size_, id, rank_), "ncclCommInitRank");
    gathered_ = DeviceBuffer(gathered_bytes_, "the parts of an all-reduce");
  }
  ~NcclCommunicator() override { (void)nccl().comm_destroy(comm_); }
  NcclCommunicator(const NcclCommunicator&) = delete;
  NcclCommunicator& operator=(const NcclCommunicator&) = delete;

  [[nodiscard]] std::string_view name() const override { return "nccl"; }
  [[nodiscard]] int size() const override { return size_; }
  [[nodiscard]] int rank() const override { return rank_; }

  void all_reduce_sum(bf16_t* values, std::int64_t count, Stream stream) override {
    if (fits(2 * count)) return sum_gathered(values, kNcclBfloat16, count, values, stream);
    check(nccl().all_reduce(values, values, static_cast<std::size_t>(count), kNcclBfloat16,
                            kNcclSum, comm_, stream),
          "ncclAllReduce");
  }
  [[nodiscard]] bool takes_float32(std::int64_t count) const override { return fits(4 * count); }
  void all_reduce_sum(const float* parts, std::int64_t count, bf16_t* out, Stream stream) override {
    DSCOPE_REQUIRE(takes_float32(count), "{} values are too many to be gathered", count);
    sum_gathered(parts, kNcclFloat32, count, out, stream);
  }
  void all_gather(const float* in, std::int64_t count, float* out, Stream stream) override {
    check(nccl().all_gather(in, out, static_cast<std::size_t>(count), kNcclFloat32, comm_, stream),
          "ncclAllGather");
  }

 private:
  [[nodiscard]] bool fits(std::int64_t bytes) const { return size_ * bytes <= gathered_bytes_; }

  template <class Part>
  void sum_gathered(const Part* own, int type, std::int64_t count, bf16_t* out, Stream stream) {
    auto* const parts = reinterpret_cast<Part*>(gathered_.data());
    check(nccl().all_gather(own, parts, static_cast<std::size_t>(count), type, comm_, stream),
          "ncclAllGather");
    launch_rank_sum(parts, size_, count, out, stream);
  }

  int size_;
  int rank_;
  std::int64_t gathered_bytes_;
  NcclComm comm_ = nullptr;
  DeviceBuffer gathered_;  // [size, count]
};

}  // namespace

std::unique_ptr<DeviceCommunicator> make_nccl_communicator(Communicator& bootstrap,
                                                           std::int64_t gathered_bytes) {
  return std::make_unique<NcclCommunicator>(bootstrap, gathered_bytes);
}

}  // namespace dscope
