using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Blip.Kernels.Devices;

/// <content>Devices that cannot be opened.</content>
public sealed partial class Device
{
    private const int LeastOpenClMajor = 2;

    /// <summary>Devices that drivers list but that cannot run the kernels.</summary>
    public static IReadOnlyList<UnusableDevice> ListUnusable()
    {
        lock (Drivers)
        {
            using var all = Context.Create(builder =>
            {
                TryAdd(() => builder.Cuda(_ => true));
                TryAdd(() => builder.OpenCL(_ => true));
            });
            using var usable = Probe();
            var (cuda, openCl) = (usable.Devices.OfType<CudaDevice>().Select(device => device.DeviceId),
                usable.Devices.OfType<CLDevice>().Select(device => device.DeviceId));
            return
            [
                .. all.Devices.OfType<CudaDevice>().ExceptBy(cuda, device => device.DeviceId).Select(device => new UnusableDevice(
                    DeviceKind.Cuda, device.Name,
                        "its compute capability or its driver is not known to ILGPU: it is too old, or newer than this program")),
                .. all.Devices.OfType<CLDevice>().ExceptBy(openCl, device => device.DeviceId).Select(device => new UnusableDevice(
                    DeviceKind.OpenCl, device.Name,
                        OpenClObjection(device.CVersion.Major, device.CVersion.Minor, device.Capabilities.GenericAddressSpace))),
            ];
        }
    }

    /// <summary>Why ILGPU leaves out an OpenCL device of this OpenCL C version.</summary>
    internal static string OpenClObjection(int major, int minor, bool hasGenericAddressSpace) => !hasGenericAddressSpace
        ? "its driver has no generic address space, a feature of OpenCL 2.0 that 3.0 made optional: install the vendor's own or a newer "
            + "driver"
        : major < LeastOpenClMajor
            ? $"its driver has OpenCL C {major}.{minor}, and {LeastOpenClMajor}.0 is needed: install a newer driver, or PoCL for a "
                + $"processor"
            : "its driver lacks what ILGPU asks for: install a newer driver";
}
