using Blip.Kernels.Devices;
using Blip.Verification.Operators;

namespace Blip.Bench.Operators;

/// <summary>A device on which one form of the kernels is chosen.</summary>
internal sealed class Target : IDisposable
{
    /// <summary>Every form's name.</summary>
    public static readonly string[] Names = [.. Enum.GetValues<CpuVectors>().Where(vectors => vectors != CpuVectors.Auto).Select(CpuVectorChoice.Name), Portable, Groups, Gpu];

    private const string Portable = "portable";

    // The form that GPUs take, on a processor: groups of work-items with barriers and shared memory.
    private const string Groups = "groups";

    // The doors' choice on a GPU.
    private const string Gpu = "gpu";

    private const int GroupSize = 64;

    private Target(string variant, Device device) => (Variant, Device) = (variant, device);

    /// <summary>The form's name.</summary>
    public string Variant { get; }

    /// <summary>The form as the catalogue of operators names it.</summary>
    public KernelForm Form => Variant == Groups ? KernelForm.Groups : KernelForm.Chosen;

    /// <summary>The device, open.</summary>
    public Device Device { get; }

    /// <summary>The kind of a target's device, as <c>--device</c> names it.</summary>
    public string Id => Device.Description.Id;

    /// <summary>The forms that a kind of device has here, the device's own choice first.</summary>
    public static IReadOnlyList<string> Variants(DeviceDescription device) => device.Kind switch
    {
        // BLIP_CPU may ask for others than the widest.
        DeviceKind.Cpu => [.. CpuVectorChoice.Available.OrderByDescending(vectors => vectors == device.Vectors).Select(CpuVectorChoice.Name)],
        _ when device.IsProcessor => [Portable, Groups],
        _ => [Gpu],
    };

    /// <summary>Opens a device for a form.</summary>
    public static Target Open(DeviceDescription device, string variant) =>
        new(variant, Device.Open(device.Id, new DeviceOptions
        {
            Vectors = device.Kind == DeviceKind.Cpu ? Enum.Parse<CpuVectors>(variant, ignoreCase: true) : CpuVectors.Auto,
            GroupSize = variant == Groups && device.IsProcessor ? GroupSize : 0,
        }));

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();
}
