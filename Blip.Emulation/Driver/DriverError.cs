using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Driver;

/// <summary>A rejected call, with CUDA's code.</summary>
internal sealed class DriverError(int code, string message) : Exception(message)
{
    public const int InvalidValue = 1;
    public const int OutOfMemory = 2;
    public const int InvalidContext = 201;
    public const int InvalidPtx = 218;
    public const int InvalidHandle = 400;
    public const int NotFound = 500;
    public const int NotReady = 600;
    public const int IllegalAddress = 700;
    public const int MisalignedAddress = 716;
    public const int LaunchFailed = 719;
    public const int LaunchOutOfResources = 701;
    public const int CaptureUnsupported = 900;
    public const int CaptureInvalidated = 901;
    public const int NotSupported = 801;

    public int Code => code;

    public static int CodeOf(Exception exception) => exception switch
    {
        DriverError error => error.Code,
        PtxException => InvalidPtx,
        EmulationException { Fault: Fault.OutOfBounds or Fault.Freed } => IllegalAddress,
        EmulationException { Fault: Fault.Misaligned } => MisalignedAddress,
        EmulationException { Fault: Fault.Launch } => LaunchOutOfResources,
        EmulationException { Fault: Fault.Host } => InvalidValue,
        OutOfMemoryException => OutOfMemory,
        _ => LaunchFailed,
    };
}
