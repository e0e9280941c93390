// SPDX-FileCopyrightText: 2026 The DecodeScope Authors
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_check.cuh"
#include "kernels/cuda/graph.h"

namespace dscope {

CudaStream::CudaStream() {
  DSCOPE_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
}

CudaStream::~CudaStream() {
  if (stream_ != nullptr) (void)cudaStreamDestroy(stream_);
}

void CudaStream::synchronise() const {
  DSCOPE_CUDA_CHECK(cudaStreamSynchronize(stream_));
}

struct CudaGraph::Handles {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  ~Handles() {
    if (executable != nullptr) (void)cudaGraphExecDestroy(executable);
    if (graph != nullptr) (void)cudaGraphDestroy(graph);
  }
};

CudaGraph::CudaGraph(const std::function<void(Stream)>& work)
    : handles_(std::make_unique<Handles>()) {
  const CudaStream stream;
  DSCOPE_CUDA_CHECK(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
  try {
    work(stream.get());
  } catch (...) {
    // Leave the stream usable; the first failure is the one worth reporting.
    (void)cudaStreamEndCapture(stream.get(), &handles_->graph);
    (void)cudaGetLastError();
    throw;
  }
  DSCOPE_CUDA_CHECK(cudaStreamEndCapture(stream.get(), &handles_->graph));
  DSCOPE_CUDA_CHECK(cudaGraphGetNodes(handles_->graph, nullptr, &nodes_));
  DSCOPE_CUDA_CHECK(cudaGraphInstantiate(&handles_->executable, handles_->graph, 0));
}

CudaGraph::~CudaGraph() = default;

void CudaGraph::launch(Stream stream) const {
  DSCOPE_CUDA_CHECK(cudaGraphLaunch(handles_->executable, stream));
}

struct CudaTimer::Events {
  cudaEvent_t start = nullptr;
  cudaEvent_t stop = nullptr;
  ~Events() {
    if (start != nullptr) (void)cudaEventDestroy(start);
    if (stop != nullptr) (void)cudaEventDestroy(stop);
  }
};

CudaTimer::CudaTimer() : events_(std::make_unique<Events>()) {
  DSCOPE_CUDA_CHECK(cudaEventCreate(&events_->start));
  DSCOPE_CUDA_CHECK(cudaEventCreate(&events_->stop));
}

CudaTimer::~CudaTimer() = default;

void CudaTimer::start(Stream stream) {
  DSCOPE_CUDA_CHECK(cudaEventRecord(events_->start, stream));
}

void CudaTimer::stop(Stream stream) {
  DSCOPE_CUDA_CHECK(cudaEventRecord(events_->stop, stream));
}

double CudaTimer::elapsed_ns() const {
  DSCOPE_CUDA_CHECK(cudaEventSynchronize(events_->stop));
  float milliseconds = 0;
  DSCOPE_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, events_->start, events_->stop));
  return static_cast<double>(milliseconds) * 1e6;
}

}  // namespace dscope
