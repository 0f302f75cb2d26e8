using Blip.Kernels.Devices;
using Blip.Verification.Operators;

namespace Blip.Bench.Operators;

/// <summary>A device with a chosen kernel form.</summary>
internal sealed class Target : IDisposable
{
    /// <summary>All forms' names.</summary>
    public static readonly string[] Names =
        [.. Enum.GetValues<CpuVectors>().Where(vectors => vectors != CpuVectors.Auto).Select(CpuVectorChoice.Name), Portable, Groups, Gpu];

    private const string Portable = "portable";

    // The GPU form on a processor: groups of work-items with barriers and shared memory.
    private const string Groups = "groups";

    // The operators' choice on a GPU.
    private const string Gpu = "gpu";

    private const int GroupSize = 64;

    private Target(string variant, Device device) => (Variant, Device) = (variant, device);

    public string Variant { get; }

    /// <summary>The form in the operator catalogue's terms.</summary>
    public KernelForm Form => Variant == Groups ? KernelForm.Groups : KernelForm.Chosen;

    public Device Device { get; }

    /// <summary>The device's id.</summary>
    public string Id => Device.Description.Id;

    /// <summary>A device's forms here, its own choice first.</summary>
    public static IReadOnlyList<string> Variants(DeviceDescription device) => device.Kind switch
    {
        // BLIP_CPU may select narrower vectors.
        DeviceKind.Cpu =>
            [.. CpuVectorChoice.Available.OrderByDescending(vectors => vectors == device.Vectors).Select(CpuVectorChoice.Name)],
        _ when device.IsProcessor => [Portable, Groups],
        _ => [Gpu],
    };

    public static Target Open(DeviceDescription device, string variant) =>
        new(variant, Device.Open(device.Id, new DeviceOptions
        {
            Vectors = device.Kind == DeviceKind.Cpu ? Enum.Parse<CpuVectors>(variant, ignoreCase: true) : CpuVectors.Auto,
            GroupSize = variant == Groups && device.IsProcessor ? GroupSize : 0,
        }));

    /// <inheritdoc/>
    public void Dispose() => Device.Dispose();
}
