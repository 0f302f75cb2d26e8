using System.Runtime.CompilerServices;
using Blip.Emulation.Driver;
using Blip.Emulation.Machine;
using Blip.Kernels.Devices;

namespace Blip.Tests.Emulation;

/// <summary>
/// The emulated CUDA device in tests. The library takes libcuda's place before anybody looks for a device; its devices are seen by code
/// that ask for it here. Where there is a real driver, or no C compiler, these tests say so and skip.
/// </summary>
internal static class EmulatedDevices
{
    private static string? missing = "the emulated driver was not installed";

#pragma warning disable CA2255 // ILGPU asks for its driver once per process.
    [ModuleInitializer]
    internal static void Install()
    {
        if (System.Runtime.InteropServices.NativeLibrary.TryLoad("libcuda.so.1", out _))
        {
            missing = "this machine has a CUDA driver of its own";
            return;
        }
        try
        {
            // If the environment asks for them, every test sees them; otherwise tests that ask here.
            if (!EmulatedDriver.InstallIfAsked())
                EmulatedDriver.Install();
            EmulatedDriver.Options = new EmulationOptions { MaxInstructionsPerWarp = 20_000_000 };
            missing = null;
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException)
        {
            missing = e.Message;
        }
    }
#pragma warning restore CA2255

    /// <summary>Lets this test see the emulated devices, or skips it with the reason.</summary>
    /// <param name="architecture">Their compute capability times ten; null for the one that is shown, the environment's, or 80.</param>
    public static IDisposable Show(int? architecture = null)
    {
        if (missing is not null)
            Assert.Skip($"no emulated CUDA device: {missing}");
        return EmulatedDriver.Show(architecture);
    }

    /// <summary>Opens the emulated device.</summary>
    public static Device Open(string id = "cuda", DeviceOptions? options = null, int? architecture = null)
    {
        using var show = Show(architecture);
        return Device.Open(id, options ?? new DeviceOptions { Tile = "off" });
    }
}
