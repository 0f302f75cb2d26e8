using Blip.Kernels.Ptx;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Blip.Kernels.Devices;

/// <content>Finding and opening devices.</content>
public sealed partial class Device
{
    private const string Cpu0 = "cpu", Auto = "auto";

    /// <summary>Held while a driver lists or opens devices, or builds a program: PoCL fails under concurrent calls.</summary>
    internal static readonly Lock Drivers = new();

    /// <summary>Every usable device: CUDA first, then OpenCL, then the CPU.</summary>
    /// <exception cref="DeviceException">
    /// An environment variable (<c>BLIP_CPU</c>, <c>BLIP_TILE</c>, <c>BLIP_TF32</c>, <c>BLIP_WGMMA</c>) is invalid here.
    /// </exception>
    public static IReadOnlyList<DeviceDescription> List()
    {
        // On a machine with only a CPU, nothing else checks them.
        CheckEnvironment(new DeviceOptions());
        return
        [
            .. Present().Select(device => device with { Tile = IDeviceTuning.Current.Describe(device) }),
        ];
    }

    // Invalid variables are refused for every device.
    private static void CheckEnvironment(DeviceOptions options)
    {
        IDeviceTuning.Current.Check(options);
        Switches.Allows(options.Tf32, Switches.Tf32);
        Switches.Allows(options.WarpGroups, Switches.WarpGroups);
    }

    private static DeviceDescription[] Present()
    {
        lock (Drivers)
            return Probed();
    }

    private static DeviceDescription[] Probed()
    {
        using var context = Probe();
        return
        [
            .. context.Devices.OfType<CudaDevice>().Select((device, i) =>
                new DeviceDescription($"cuda:{i}", DeviceKind.Cuda, device.Name, false, device.MemorySize, device.NumMultiprocessors)
                {
                    Driver = $"{device.DriverVersion}",
                }),
            .. context.Devices.OfType<CLDevice>().Select((device, i) =>
                new DeviceDescription(
                    $"opencl:{i}", DeviceKind.OpenCl, device.Name, IsProcessor(device), device.MemorySize, device.NumMultiprocessors)
                {
                    Driver = CLAPI.CurrentAPI.GetDeviceInfo(device.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION),
                }),
            Processor(new DeviceOptions()),
        ];
    }

    /// <summary>Opens a device.</summary>
    /// <param name="name">
    /// <c>auto</c> (the first CUDA device, else the first OpenCL GPU, else the CPU), <c>cpu</c>, <c>opencl</c>, <c>cuda</c>, or one of
    /// several: <c>opencl:1</c>, <c>cuda:1</c>.
    /// </param>
    /// <param name="options">Threads, vectors, group size and tile; null for the defaults.</param>
    /// <exception cref="ArgumentException">The name or an option is invalid.</exception>
    /// <exception cref="DeviceException">
    /// The device does not exist here, or an environment variable (<c>BLIP_CPU</c>, <c>BLIP_TILE</c>, <c>BLIP_TF32</c>, <c>BLIP_WGMMA</c>)
    /// is invalid here.
    /// </exception>
    public static Device Open(string name = Auto, DeviceOptions? options = null)
    {
        options ??= new DeviceOptions();
        if (options.Threads is < 0 or > 1024)
            throw new ArgumentException($"Threads is {options.Threads}; give 1 to 1024, or 0 for one per core.", nameof(options));
        if (options.GroupSize is < 0 or > MaxGroupSize || (options.GroupSize & (options.GroupSize - 1)) != 0)
            throw new ArgumentException(
                $"GroupSize is {options.GroupSize}; give a power of two up to {MaxGroupSize}, or 0.", nameof(options));

        CheckEnvironment(options);

        var parts = name.ToLowerInvariant().Split(':');
        var index = 0;
        if (parts.Length > 2 || parts[0] is not (Auto or Cpu0 or "opencl" or "cuda")
            || (parts.Length == 2 && !int.TryParse(parts[1], out index)))
        {
            var several = Expand(name).Count > 1 || name.EndsWith(All, StringComparison.OrdinalIgnoreCase);
            throw new ArgumentException(
                $"'{name}' is not {(several ? "one device, and one is needed here" : "a device")}: "
                    + "give auto, cpu, opencl, cuda, or one of several as opencl:1 or cuda:1.",
                nameof(name));
        }

        var devices = parts[0] == Cpu0 ? [Processor(options)] : Present();
        var found = parts[0] == Auto
            ? devices.FirstOrDefault(device => !device.IsProcessor) ?? Processor(options)
            : devices.Where(device => device.Id.StartsWith(parts[0], StringComparison.Ordinal)).ElementAtOrDefault(index);
        if (found is null)
        {
            var present = string.Join(", ", devices.Select(device => $"{device.Id} ({device.Name})"));
            throw new DeviceException($"There is no device '{name}' on this machine. Present: {present}.");
        }
        return found.Kind == DeviceKind.Cpu ? OpenProcessor(Processor(options), options) : OpenGpu(found, options);
    }

    private static Device OpenProcessor(DeviceDescription description, DeviceOptions options)
    {
        var threads = Math.Max(2, options.GroupSize);
        var context = Context.Create(builder =>
            { Compilation.Configure(builder); builder.CPU(new CPUDevice(2, threads / 2, description.Units)); });
        return new Device(context, context.GetDevice<CPUDevice>(0).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel), description,
            options);
    }

    private static Device OpenGpu(DeviceDescription description, DeviceOptions options)
    {
        Context? context = null;
        try
        {
            (context, var accelerator) = DriverCall.Run(
                () => OpenAccelerator(description), $"{description.Id} ({description.Name}) cannot be opened");
            CodePlacementRepair.Apply(accelerator.GetBackend());
            return new Device(context, accelerator, description, options);
        }
        catch (DeviceException)
        {
            context?.Dispose();
            throw;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            context?.Dispose();
            throw new DeviceException($"{description.Id} ({description.Name}) cannot be opened: {e.Message}", e);
        }
    }

    private static (Context Context, Accelerator Accelerator) OpenAccelerator(DeviceDescription description)
    {
        var index = int.Parse(description.Id.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        var context = Probe();
        try
        {
            return (context, description.Kind == DeviceKind.Cuda
                ? context.GetDevice<CudaDevice>(index).CreateCudaAccelerator(context)
                : context.GetDevice<CLDevice>(index).CreateCLAccelerator(context));
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    private static Context Probe()
    {
        var context = Context.Create(builder =>
        {
            Compilation.Configure(builder);
            // A missing or broken driver hides only its own devices.
            TryAdd(() => builder.Cuda());
            TryAdd(() => builder.OpenCL());
        });
        Intrinsics.Register(context);
        return context;
    }

    private static void TryAdd(Action add)
    {
        try
        {
            add();
        }
        catch (Exception e)
            when (e is DllNotFoundException or EntryPointNotFoundException or NotSupportedException or CudaException or CLException)
        {
            System.Diagnostics.Trace.WriteLine($"A device back end is not available: {e.Message}");
        }
    }

    private static DeviceDescription Processor(DeviceOptions options)
    {
        var threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        var vectors = CpuVectorChoice.Resolve(options.Vectors, Switches.Read(Switches.Vectors));
        return new DeviceDescription(
            Cpu0, DeviceKind.Cpu, $"CPU, {threads} threads, {CpuVectorChoice.Name(vectors)}", true,
                GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, threads)
        {
            Vectors = vectors,
        };
    }

    private static bool IsProcessor(CLDevice device) => device.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_CPU);
}
