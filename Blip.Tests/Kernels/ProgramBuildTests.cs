using Blip.Kernels.Devices;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace Blip.Tests.Kernels;

/// <summary>A driver whose compiler fails now and then.</summary>
public class ProgramBuildTests
{
    [Fact]
    public void A_compiler_that_fails_once_is_asked_again()
    {
        var calls = 0;
        Assert.Null(ProgramBuild.Run(() => ++calls < 3 ? throw new CLException(CLError.CL_BUILD_PROGRAM_FAILURE) : (Kernel)null!, "device"));
        Assert.Equal(3, calls);
    }

    [Fact]
    public void A_compiler_that_always_fails_is_told_with_its_error()
    {
        var calls = 0;
        var error = Assert.Throws<DeviceException>(() => ProgramBuild.Run(
            () =>
            {
                calls++;
                throw new CLException(CLError.CL_OUT_OF_HOST_MEMORY);
            },
            "that device"));
        Assert.Equal(ProgramBuild.Tries, calls);
        Assert.Contains("that device: the OpenCL driver cannot build a kernel (CL_OUT_OF_HOST_MEMORY)", error.Message, StringComparison.Ordinal);
    }
}
