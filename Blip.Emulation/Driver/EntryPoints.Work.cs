using System.Runtime.InteropServices;
using System.Text;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Driver;

/// <content>Modules, launches, streams, events and graphs.</content>
internal static unsafe partial class EntryPoints
{
    private const int MaxDynamicSharedBytes = 8;

    [UnmanagedCallersOnly]
    public static int cuModuleLoadData(nint* module, byte* text) => Call(context => *module = Load(context, text));

    [UnmanagedCallersOnly]
    public static int cuModuleLoadDataEx(nint* module, byte* text, int count, int* options, nint* values) => Call(context =>
    {
        try
        {
            *module = Load(context, text);
        }
        catch (PtxException e)
        {
            for (var i = 0; i < count; i++)
            {
                // CU_JIT_ERROR_LOG_BUFFER and its size.
                if (options[i] == 5 && i + 1 < count && options[i + 1] == 6)
                    Write(e.Message, (byte*)values[i], (int)values[i + 1]);
            }
            throw;
        }
    });

    [UnmanagedCallersOnly]
    public static int cuModuleUnload(nint module) => Call(context =>
    {
        context.SynchronizeAll(nameof(cuModuleUnload));
        foreach (var variable in context.Remove<LoadedModule>(module, nameof(cuModuleUnload)).Module.Variables.Where(
            variable => variable.Size > 0))
            context.Gpu.Memory.Free(variable.Address);
    });

    [UnmanagedCallersOnly]
    public static int cuModuleGetFunction(nint* function, nint module, byte* name) => Call(context =>
    {
        var found = context.Find<LoadedModule>(module, nameof(cuModuleGetFunction));
        var wanted = Marshal.PtrToStringUTF8((nint)name)!;
        if (!found.Module.Functions.TryGetValue(wanted, out var entry) || !entry.IsEntry)
            throw new DriverError(DriverError.NotFound, $"the module has no kernel {wanted}");
        *function = context.Add(new EmulatedKernel(context.Gpu, found.Module, entry, found.Text));
    });

    [UnmanagedCallersOnly]
    public static int cuFuncSetAttribute(nint function, int attribute, int value) => Call(context =>
    {
        var kernel = context.Find<EmulatedKernel>(function, nameof(cuFuncSetAttribute));
        // The preferred carve-out (9) is a hint.
        if (attribute == MaxDynamicSharedBytes)
            kernel.AllowDynamicShared(value);
        else if (attribute != 9)
            throw new DriverError(DriverError.NotSupported, $"function attribute {attribute}");
    });

    [UnmanagedCallersOnly]
    public static int cuFuncGetAttribute(int* value, int attribute, nint function) => Call(context =>
    {
        var kernel = context.Find<EmulatedKernel>(function, nameof(cuFuncGetAttribute));
        *value = attribute switch
        {
            0 => kernel.Entry.MaxThreads,
            1 => kernel.SharedBytes,
            MaxDynamicSharedBytes => kernel.MaxDynamicSharedBytes,
            _ => throw new DriverError(DriverError.NotSupported, $"function attribute {attribute}"),
        };
    });

    [UnmanagedCallersOnly]
    public static int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* groups, nint function, int block, ulong shared) => Call(context =>
    {
        context.Find<EmulatedKernel>(function, nameof(cuOccupancyMaxActiveBlocksPerMultiprocessor));
        *groups = Math.Max(1, Math.Min(32, 2048 / Math.Max(block, 1)));
    });

    [UnmanagedCallersOnly]
    public static int cuOccupancyMaxPotentialBlockSize(int* grid, int* block, nint function, nint callback, ulong shared, int limit) =>
        Call(context =>
    {
        var kernel = context.Find<EmulatedKernel>(function, nameof(cuOccupancyMaxPotentialBlockSize));
        *grid = Multiprocessors;
        *block = limit > 0 ? Math.Min(limit, kernel.Entry.MaxThreads) : kernel.Entry.MaxThreads;
    });

    [UnmanagedCallersOnly]
    public static int cuLaunchKernel(
        nint function, int gx, int gy, int gz, int bx, int by, int bz, int shared, nint stream, nint* parameters, nint* extra) =>
        Call(context =>
    {
        var kernel = context.Find<EmulatedKernel>(function, nameof(cuLaunchKernel));
        var arguments = parameters != null ? Gather(kernel.Entry, parameters) : Buffer(extra);
        KernelRunner.CheckArguments(kernel.Entry, arguments.Length);
        context.Queue(stream, new KernelWork(kernel, new Dim3(gx, gy, gz), new Dim3(bx, by, bz), shared, arguments),
            nameof(cuLaunchKernel));
    });

    [UnmanagedCallersOnly]
    public static int cuStreamCreate(nint* stream, int flags) => Call(context => *stream = context.Add(new DriverStream((flags & 1) == 0)));

    [UnmanagedCallersOnly]
    public static int cuStreamCreateWithPriority(nint* stream, int flags, int priority) =>
        Call(context => *stream = context.Add(new DriverStream((flags & 1) == 0)));

    [UnmanagedCallersOnly]
    public static int cuStreamDestroy_v2(nint stream) =>
        Call(context => context.Remove<DriverStream>(stream, nameof(cuStreamDestroy_v2)).Drain(context));

    [UnmanagedCallersOnly]
    public static int cuStreamSynchronize(nint stream) => Call(context => context.Synchronize(stream, nameof(cuStreamSynchronize)));

    [UnmanagedCallersOnly]
    public static int cuStreamQuery(nint stream) => Call(context =>
    {
        var found = context.Stream(stream, nameof(cuStreamQuery));
        if (found.Capture is not null)
            context.Refuse(nameof(cuStreamQuery));
        // Repeated queries must succeed eventually.
        if (found.RunNext(context))
            throw new DriverError(DriverError.NotReady, "not ready");
    });

    [UnmanagedCallersOnly]
    public static int cuStreamWaitEvent(nint stream, nint recorded, int flags) => Call(context =>
    {
        if (context.Find<DriverEvent>(recorded, nameof(cuStreamWaitEvent)).Last is { } point)
            context.Queue(stream, new WaitWork(point), nameof(cuStreamWaitEvent));
    });

    [UnmanagedCallersOnly]
    public static int cuEventCreate(nint* created, int flags) => Call(context => *created = context.Add(new DriverEvent()));

    [UnmanagedCallersOnly]
    public static int cuEventDestroy_v2(nint destroyed) =>
        Call(context => context.Remove<DriverEvent>(destroyed, nameof(cuEventDestroy_v2)));

    [UnmanagedCallersOnly]
    public static int cuEventRecord(nint recorded, nint stream) => Call(context =>
    {
        var found = context.Stream(stream, nameof(cuEventRecord));
        var point = new RecordWork(found);
        context.Find<DriverEvent>(recorded, nameof(cuEventRecord)).Last = point;
        context.Queue(stream, point, nameof(cuEventRecord));
    });

    [UnmanagedCallersOnly]
    public static int cuEventQuery(nint asked) => Call(context =>
    {
        if (context.Find<DriverEvent>(asked, nameof(cuEventQuery)).Last is { Done: false } point)
        {
            point.Stream.RunNext(context);
            throw new DriverError(DriverError.NotReady, "not ready");
        }
    });

    [UnmanagedCallersOnly]
    public static int cuEventSynchronize(nint awaited) => Call(context =>
    {
        context.Refuse(nameof(cuEventSynchronize));
        if (context.Find<DriverEvent>(awaited, nameof(cuEventSynchronize)).Last is { } point)
            new WaitWork(point).Run(context);
    });

    [UnmanagedCallersOnly]
    public static int cuEventElapsedTime(float* milliseconds, nint from, nint to) => Call(context =>
    {
        var first = context.Find<DriverEvent>(from, nameof(cuEventElapsedTime)).Last;
        var last = context.Find<DriverEvent>(to, nameof(cuEventElapsedTime)).Last;
        if (first is not { Done: true } || last is not { Done: true })
            throw new DriverError(DriverError.NotReady, "an event that has not happened");
        *milliseconds = (float)TimeSpan.FromTicks(
            (last.Time - first.Time) * TimeSpan.TicksPerSecond / System.Diagnostics.Stopwatch.Frequency).TotalMilliseconds;
    });

    [UnmanagedCallersOnly]
    public static int cuStreamBeginCapture_v2(nint stream, int mode) => Call(context =>
    {
        var found = context.Stream(stream, nameof(cuStreamBeginCapture_v2));
        if (found == context.Default)
            throw new DriverError(DriverError.CaptureUnsupported, "the default stream cannot be captured");
        if (found.Capture is not null)
            throw new DriverError(DriverError.InvalidValue, "the stream is captured already");
        found.Capture = new Capture(Environment.CurrentManagedThreadId);
    });

    [UnmanagedCallersOnly]
    public static int cuStreamEndCapture(nint stream, nint* graph) => Call(context =>
    {
        *graph = 0;
        var found = context.Find<DriverStream>(stream, nameof(cuStreamEndCapture));
        var capture = found.Capture ?? throw new DriverError(DriverError.InvalidValue, "the stream is not captured");
        found.Capture = null;
        if (capture.Broken is { } call)
            throw new DriverError(DriverError.CaptureInvalidated, $"the capture was broken by {call}");
        *graph = context.Add(new Graph(capture.Nodes, false));
    });

    [UnmanagedCallersOnly]
    public static int cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => Call(context =>
        *executable = context.Add(new Graph([.. context.Find<Graph>(graph, nameof(cuGraphInstantiateWithFlags)).Nodes], true)));

    [UnmanagedCallersOnly]
    public static int cuGraphLaunch(nint executable, nint stream) => Call(context =>
    {
        var graph = context.Find<Graph>(executable, nameof(cuGraphLaunch));
        if (!graph.Executable)
            throw new DriverError(DriverError.InvalidHandle, "a graph that was not instantiated");
        context.Queue(stream, new GraphWork(graph.Nodes), nameof(cuGraphLaunch));
    });

    [UnmanagedCallersOnly]
    public static int cuGraphDestroy(nint graph) => Call(context => context.Remove<Graph>(graph, nameof(cuGraphDestroy)));

    [UnmanagedCallersOnly]
    public static int cuGraphExecDestroy(nint executable) => Call(context => context.Remove<Graph>(executable, nameof(cuGraphExecDestroy)));

    private static nint Load(DriverContext context, byte* address)
    {
        var text = Marshal.PtrToStringUTF8((nint)address)!;
        return context.Add(new LoadedModule(context.Gpu.LoadModule(text), text));
    }

    // kernelParams: a pointer to each argument.
    private static byte[] Gather(PtxFunction entry, nint* parameters)
    {
        var buffer = new byte[entry.ParameterBytes];
        for (var i = 0; i < entry.Parameters.Count; i++)
            new ReadOnlySpan<byte>((void*)parameters[i], entry.Parameters[i].Size).CopyTo(buffer.AsSpan(entry.Parameters[i].Offset));
        return buffer;
    }

    // extra: CU_LAUNCH_PARAM_BUFFER_POINTER (1), CU_LAUNCH_PARAM_BUFFER_SIZE (2), CU_LAUNCH_PARAM_END (0).
    private static byte[] Buffer(nint* extra)
    {
        var (data, size) = (nint.Zero, nint.Zero);
        for (var i = 0; extra != null && extra[i] != 0; i += 2)
        {
            if (extra[i] == 1)
                data = extra[i + 1];
            else if (extra[i] == 2)
                size = *(nint*)extra[i + 1];
            else
                throw new DriverError(DriverError.InvalidValue, "unknown launch parameters");
        }
        return new ReadOnlySpan<byte>((void*)data, (int)size).ToArray();
    }

    private static void Write(string message, byte* buffer, int size)
    {
        var text = Encoding.ASCII.GetBytes(message + "\0");
        text.AsSpan(0, Math.Min(text.Length, size)).CopyTo(new Span<byte>(buffer, size));
    }
}
