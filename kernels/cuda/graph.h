// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/stream.h"

#include <functional>
#include <memory>

namespace dscope {

// A stream of its own, destroyed with the object.
class CudaStream {
 public:
  CudaStream();
  ~CudaStream();
  CudaStream(const CudaStream&) = delete;
  CudaStream& operator=(const CudaStream&) = delete;

  [[nodiscard]] Stream get() const { return stream_; }
  void synchronise() const;

 private:
  Stream stream_ = nullptr;
};

// What `work` launches into its stream, captured once and replayed with one launch. Work must not
// synchronise or allocate.
class CudaGraph {
 public:
  explicit CudaGraph(const std::function<void(Stream)>& work);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  void launch(Stream stream) const;
  [[nodiscard]] std::size_t nodes() const { return nodes_; }

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
  std::size_t nodes_ = 0;
};

// Time between two points of a stream, as the GPU's clock has them.
class CudaTimer {
 public:
  CudaTimer();
  ~CudaTimer();
  CudaTimer(const CudaTimer&) = delete;
  CudaTimer& operator=(const CudaTimer&) = delete;

  void start(Stream stream);
  void stop(Stream stream);
  [[nodiscard]] double elapsed_ns() const;  // waits for stop()

 private:
  struct Events;
  std::unique_ptr<Events> events_;
};

}  // namespace dscope
