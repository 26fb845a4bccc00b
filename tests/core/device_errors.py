"""What PyTorch 2.5 to 2.8 raise where a device fails, in their own words."""

DEBUGGING = (
    "\nCUDA kernel errors might be asynchronously reported at some other API call, so the "
    "stacktrace below might be incorrect.\nFor debugging consider passing "
    "CUDA_LAUNCH_BLOCKING=1\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side "
    "assertions.\n"
)
FALLBACK = (
    " As a temporary fix, you can set the environment variable "
    "`PYTORCH_ENABLE_MPS_FALLBACK=1` to use the CPU as a fallback for this op. WARNING: "
    "this will be slower than running natively on MPS."
)
OUT_OF_MEMORY = (
    RuntimeError("CUBLAS error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_NOT_INITIALIZED"),
    RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    RuntimeError("CUDA error: out of memory" + DEBUGGING),
    RuntimeError(
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 5.80 "
        "GiB of which 9.94 MiB is free. If reserved but unallocated memory is large try "
        "setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See "
        "documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html)"
    ),
    RuntimeError(
        "MPS backend out of memory (MPS allocated: 6.04 GB, other allocations: 1.04 GB, max "
        "allowed: 6.77 GB). Tried to allocate 459.07 MB on private pool. Use "
        "PYTORCH_MPS_HIGH_WATERMARK_RATIO=0.0 to disable upper limit for memory allocations "
        "(may cause system failure)."
    ),
)
CANNOT = (
    AssertionError("Torch not compiled with CUDA enabled"),
    RuntimeError(
        "CUDA error: no kernel image is available for execution on the device" + DEBUGGING
    ),
    RuntimeError("nvrtc: error: invalid value for --gpu-architecture (-arch)\n\nnvrtc compilation"),
    RuntimeError(
        "\nThe NVIDIA driver on your system is too old (found version 11040). Please update "
        "your GPU driver by downloading and installing a new version from the URL: "
        "http://www.nvidia.com/"
    ),
    RuntimeError(
        "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and "
        "installed a driver from http://www.nvidia.com/Download/index.aspx"
    ),
    RuntimeError("No CUDA GPUs are available"),
    RuntimeError("CUDA driver initialization failed, you might not have a CUDA gpu."),
    RuntimeError(
        "CUDA unknown error - this may be due to an incorrectly set up environment, e.g. "
        "changing env variable CUDA_VISIBLE_DEVICES after program start."
    ),
    RuntimeError(
        "CUDA error: CUDA driver version is insufficient for CUDA runtime version" + DEBUGGING
    ),
    RuntimeError(
        "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before "
        "calling NumCudaDevices() that might have already set an error? Error 803: system has "
        "unsupported display driver / cuda driver combination"
    ),
    RuntimeError(
        "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED. This error may appear if you passed in a "
        "non-contiguous input."
    ),
    RuntimeError("GET was unable to find an engine to execute this computation"),
    RuntimeError(
        "cuDNN Frontend error: [cudnn_frontend] Error: No execution plans support the graph."
    ),
    RuntimeError(
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, opa, opb)`"
    ),
    NotImplementedError("Output channels > 65536 not supported at the MPS device." + FALLBACK),
    NotImplementedError(
        (
            "The operator 'aten::_weight_norm_interface' is not currently implemented for the MPS "
            "device. If you want this op to be added in priority during the prototype phase of "
            "this feature, please comment on https://github.com/pytorch/pytorch/issues/77764."
        )
        + FALLBACK
    ),
    NotImplementedError(
        (
            "The operator 'aten::_index_put_impl_' is not current implemented for the MPS device. "
            "If you want this op to be added in priority during the prototype phase of this feature"
        )
        + FALLBACK
    ),
    TypeError(
        "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support "
        "float64. Please use float32 instead."
    ),
    TypeError("MPS BFloat16 is only supported on MacOS 14 or newer"),
    TypeError("BFloat16 is not supported on MPS"),
    TypeError(
        "Trying to convert ComplexFloat to the MPS backend but it does not have support for "
        "that dtype."
    ),
    RuntimeError("\"arange_mps\" not implemented for 'BFloat16'"),
    NotImplementedError(
        "Could not run 'aten::_fft_r2c' with arguments from the 'MPS' backend. This could be "
        "because the operator doesn't exist for this backend"
    ),
)
LOST = (
    RuntimeError("CUDA error: unknown error" + DEBUGGING),
    RuntimeError("CUDA error: device-side assert triggered" + DEBUGGING),
    RuntimeError("CUDA error: an illegal memory access was encountered" + DEBUGGING),
    RuntimeError("CUDA error: unspecified launch failure" + DEBUGGING),
    RuntimeError("CUDA error: misaligned address" + DEBUGGING),
    RuntimeError("CUDA error: uncorrectable ECC error encountered" + DEBUGGING),
)
