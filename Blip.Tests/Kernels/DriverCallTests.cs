using Blip.Kernels.Devices;
using ILGPU.Runtime.OpenCL;

namespace Blip.Tests.Kernels;

/// <summary>A driver whose compiler fails now and then.</summary>
public class DriverCallTests
{
    [Fact]
    public void A_compiler_that_fails_once_is_asked_again()
    {
        var calls = 0;
        Assert.Equal(3, DriverCall.Run(() => ++calls < 3 ? throw new CLException(CLError.CL_BUILD_PROGRAM_FAILURE) : calls, "device"));
    }

    [Fact]
    public void A_compiler_that_always_fails_is_told_with_its_error()
    {
        var calls = 0;
        var error = Assert.Throws<DeviceException>(() => DriverCall.Run<int>(
            () =>
            {
                calls++;
                throw new CLException(CLError.CL_OUT_OF_HOST_MEMORY);
            },
            "that device cannot build a kernel"));
        Assert.Equal(DriverCall.Tries, calls);
        Assert.Contains("that device cannot build a kernel: the OpenCL driver says CL_OUT_OF_HOST_MEMORY", error.Message,
            StringComparison.Ordinal);
    }
}
