using ILGPU.Runtime.OpenCL;

namespace Blip.Kernels.Devices;

/// <summary>
/// Calls that have a driver's compiler build a program, one at a time. PoCL's compiler failed now and then, for a moment, in runs of many
/// threads and processes. The cause is not known. A failed call is tried again, and a lasting failure names the driver's error.
/// </summary>
internal static class DriverCall
{
    /// <summary>Calls before a failure is told: the waits between them add up to 1.5 seconds.</summary>
    public const int Tries = 6;

    private const int FirstWait = 50;

    /// <summary>Calls a driver.</summary>
    /// <param name="call">The call.</param>
    /// <param name="what">The call and its device, for the message: "opencl:0 cannot …".</param>
    /// <exception cref="DeviceException">The OpenCL driver failed each time.</exception>
    public static T Run<T>(Func<T> call, string what)
    {
        for (var failed = 1; ; failed++)
        {
            try
            {
                lock (Device.Drivers)
                    return call();
            }
            catch (CLException) when (failed < Tries)
            {
                Thread.Sleep(FirstWait << (failed - 1));
            }
            catch (CLException e)
            {
                throw new DeviceException(
                    $"{what}: the OpenCL driver says {e.Error}, {Tries} times. Update the driver, or take --device cpu.", e);
            }
        }
    }
}
