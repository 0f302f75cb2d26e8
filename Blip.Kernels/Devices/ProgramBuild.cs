using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace Blip.Kernels.Devices;

/// <summary>
/// Builds programs by the driver's compiler, one at a time. PoCL's compiler failed now and then in runs of many threads and processes.
/// The cause is not known. A failed build is tried again, and a lasting failure names the driver's error.
/// </summary>
internal static class ProgramBuild
{
    /// <summary>Tries before a failure is told.</summary>
    public const int Tries = 4;

    /// <summary>Builds a program.</summary>
    /// <param name="build">What asks the driver.</param>
    /// <param name="device">The device's name, for the message.</param>
    /// <exception cref="DeviceException">The driver's compiler failed each time.</exception>
    public static Kernel Run(Func<Kernel> build, string device)
    {
        for (var failed = 1; ; failed++)
        {
            try
            {
                lock (Device.Drivers)
                    return build();
            }
            catch (CLException) when (failed < Tries)
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(50 * failed));
            }
            catch (CLException e)
            {
                throw new DeviceException(
                    $"{device}: the OpenCL driver cannot build a kernel ({e.Error}), tried {Tries} times. Update the driver, or take --device cpu.", e);
            }
        }
    }
}
