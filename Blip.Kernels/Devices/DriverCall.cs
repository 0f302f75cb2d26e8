using ILGPU.Runtime.OpenCL;

namespace Blip.Kernels.Devices;

/// <summary>
/// Driver calls that build a program, one at a time. PoCL's compiler sometimes fails briefly under load, for an unknown reason, so failed
/// calls are repeated.
/// </summary>
internal static class DriverCall
{
    /// <summary>The waits between them add up to 1.5 s.</summary>
    public const int Tries = 6;

    private const int FirstWait = 50;

    /// <summary>Calls a driver; <paramref name="what"/> begins the message: "opencl:0 cannot …".</summary>
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
