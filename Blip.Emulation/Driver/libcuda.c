/* The entry points of the CUDA driver that ILGPU and Blip call. Each hands its arguments to the function that .NET has put into its slot. */
typedef void *P;
typedef unsigned long long U;
typedef unsigned char B;

#define NOT_INITIALISED 3

#define E0(name) int (*blip_##name)(void); int name(void) { return blip_##name ? blip_##name() : NOT_INITIALISED; }
#define E1(name, A) int (*blip_##name)(A); int name(A a) { return blip_##name ? blip_##name(a) : NOT_INITIALISED; }
#define E2(name, A, C) int (*blip_##name)(A, C); int name(A a, C c) { return blip_##name ? blip_##name(a, c) : NOT_INITIALISED; }
#define E3(name, A, C, D) int (*blip_##name)(A, C, D); int name(A a, C c, D d) { return blip_##name ? blip_##name(a, c, d) : NOT_INITIALISED; }
#define E4(name, A, C, D, F) int (*blip_##name)(A, C, D, F); int name(A a, C c, D d, F f) { return blip_##name ? blip_##name(a, c, d, f) : NOT_INITIALISED; }
#define E5(name, A, C, D, F, G) int (*blip_##name)(A, C, D, F, G); int name(A a, C c, D d, F f, G g) { return blip_##name ? blip_##name(a, c, d, f, g) : NOT_INITIALISED; }
#define E6(name, A, C, D, F, G, H) int (*blip_##name)(A, C, D, F, G, H); int name(A a, C c, D d, F f, G g, H h) { return blip_##name ? blip_##name(a, c, d, f, g, h) : NOT_INITIALISED; }

E1(cuInit, int)
E1(cuDriverGetVersion, P)
E2(cuDeviceGet, P, int)
E1(cuDeviceGetCount, P)
E3(cuDeviceGetName, P, int, int)
E2(cuDeviceTotalMem_v2, P, int)
E3(cuDeviceGetAttribute, P, int, int)
E3(cuCtxCreate_v2, P, int, int)
E1(cuCtxDestroy_v2, P)
E1(cuCtxSetCurrent, P)
E0(cuCtxSynchronize)
E1(cuCtxGetCacheConfig, P)
E1(cuCtxSetCacheConfig, int)
E1(cuCtxGetSharedMemConfig, P)
E1(cuCtxSetSharedMemConfig, int)
E3(cuDeviceCanAccessPeer, P, int, int)
E2(cuCtxEnablePeerAccess, P, int)
E1(cuCtxDisablePeerAccess, P)
E4(cuDeviceGetP2PAttribute, P, int, int, int)
E3(cuPointerGetAttribute, P, int, P)
E2(cuMemGetInfo_v2, P, P)
E2(cuMemAlloc_v2, P, U)
E1(cuMemFree_v2, P)
E2(cuMemAllocHost_v2, P, U)
E3(cuMemHostAlloc, P, U, int)
E1(cuMemFreeHost, P)
E4(cuMemcpyAsync, P, P, U, P)
E4(cuMemcpyHtoDAsync_v2, P, P, U, P)
E4(cuMemcpyDtoHAsync_v2, P, P, U, P)
E4(cuMemcpyDtoDAsync_v2, P, P, U, P)
E4(cuMemsetD8Async, P, B, U, P)
E3(cuMemHostRegister_v2, P, U, int)
E1(cuMemHostUnregister, P)
E3(cuMemHostGetDevicePointer_v2, P, P, int)
E2(cuStreamCreate, P, int)
E3(cuStreamCreateWithPriority, P, int, int)
E1(cuStreamDestroy_v2, P)
E1(cuStreamSynchronize, P)
E1(cuStreamQuery, P)
E3(cuStreamWaitEvent, P, P, int)
E2(cuStreamBeginCapture_v2, P, int)
E2(cuStreamEndCapture, P, P)
E3(cuGraphInstantiateWithFlags, P, P, U)
E2(cuGraphLaunch, P, P)
E1(cuGraphDestroy, P)
E1(cuGraphExecDestroy, P)
E2(cuGetErrorString, int, P)
E2(cuModuleLoadData, P, P)
E5(cuModuleLoadDataEx, P, P, int, P, P)
E1(cuModuleUnload, P)
E3(cuModuleGetFunction, P, P, P)
E3(cuFuncSetAttribute, P, int, int)
E3(cuFuncGetAttribute, P, int, P)
E4(cuOccupancyMaxActiveBlocksPerMultiprocessor, P, P, int, U)
E6(cuOccupancyMaxPotentialBlockSize, P, P, P, P, U, int)
E2(cuEventCreate, P, int)
E1(cuEventDestroy_v2, P)
E1(cuEventQuery, P)
E3(cuEventElapsedTime, P, P, P)
E2(cuEventRecord, P, P)
E1(cuEventSynchronize, P)

int (*blip_cuLaunchKernel)(P, int, int, int, int, int, int, int, P, P, P);
int cuLaunchKernel(P f, int gx, int gy, int gz, int bx, int by, int bz, int shared, P stream, P parameters, P extra)
{
    return blip_cuLaunchKernel ? blip_cuLaunchKernel(f, gx, gy, gz, bx, by, bz, shared, stream, parameters, extra) : NOT_INITIALISED;
}
