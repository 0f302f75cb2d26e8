using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Blip.Kernels.Devices;

/// <content>Devices that are there and cannot be opened.</content>
public sealed partial class Device
{
    private const int LeastOpenClMajor = 2;

    /// <summary>Devices that drivers know and that cannot run the kernels, each with the reason.</summary>
    public static IReadOnlyList<UnusableDevice> ListUnusable()
    {
        lock (Drivers)
        {
            using var context = Context.Create(builder =>
            {
                TryAdd(() => builder.Cuda(device => CudaObjection(device) is not null));
                TryAdd(() => builder.OpenCL(device => OpenClObjection(device) is not null));
            });
            return
            [
                .. context.Devices.OfType<CudaDevice>().Select(device => new UnusableDevice(DeviceKind.Cuda, device.Name, CudaObjection(device)!)),
                .. context.Devices.OfType<CLDevice>().Select(device => new UnusableDevice(DeviceKind.OpenCl, device.Name, OpenClObjection(device)!)),
            ];
        }
    }

    /// <summary>Why an OpenCL device cannot run the kernels; null where it can.</summary>
    /// <param name="major">The first number of its OpenCL C version.</param>
    /// <param name="minor">The second.</param>
    /// <param name="hasGenericAddressSpace">Whether a pointer may point to any kind of memory.</param>
    internal static string? OpenClObjection(int major, int minor, bool hasGenericAddressSpace) => major < LeastOpenClMajor
        ? $"its driver has OpenCL C {major}.{minor}, and {LeastOpenClMajor}.0 is needed: install a newer driver, or PoCL for a processor"
        : hasGenericAddressSpace
            ? null
            : "its driver has no generic address space, a feature of OpenCL 2.0 that 3.0 made optional: install the vendor's own or a newer driver";

    private static string? OpenClObjection(CLDevice device) =>
        OpenClObjection(device.CVersion.Major, device.CVersion.Minor, device.Capabilities.GenericAddressSpace);

    private static string? CudaObjection(CudaDevice device) => device is { Architecture: not null, InstructionSet: not null }
        ? null
        : "its compute capability or its driver is not known to ILGPU: it is too old, or newer than this program";
}
