using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>All buffers of a run of one shape, on the device and beside it, so that the next run of that shape allocates nothing.</summary>
internal sealed class GenerationWorkspace : IDisposable
{
    private readonly List<IDisposable> buffers = [];
    private readonly Device device;

    public GenerationWorkspace(Device device, WorkspaceShape shape)
    {
        this.device = device;
        Shape = shape;
        State = new DecodingState(device, shape.Images, shape.RowsPerImage, shape.Capacity);
        buffers.Add(State);
        var rows = State.Rows;
        Scores = Floats((long)rows * shape.Vocabulary);
        Scratch = shape.Filters ? Floats((long)rows * shape.Vocabulary) : Floats(0);
        LogSums = Floats(rows);
        Running = Floats(rows);
        History = Ints((long)rows * shape.Capacity);
        Lengths = Ints(rows);
        Limits = Ints(shape.Images);
        Finished = Ints(Math.Max(rows, shape.Images));
        Chosen = Ints(rows);
        Step = new RecordedStep(device);
        (HostChosen, HostFinished) = (Add(device.AllocateHost<int>(rows)), Add(device.AllocateHost<int>(shape.Images)));
        Streams = Add(device.Allocate<long>(shape.Images));
        var beamRows = shape.Search ? rows : 0;
        Orders = Floats((long)beamRows * shape.Candidates);
        Sums = Floats((long)beamRows * shape.Candidates);
        Tokens = Ints((long)beamRows * shape.Candidates);
        Divisors = Floats(shape.Capacity + 1);
        FinishedScores = Floats(beamRows);
        FinishedLengths = Ints(beamRows);
        FinishedTokens = Ints((long)beamRows * shape.Capacity);
        FinishedRows = Ints((long)beamRows * shape.Capacity);
        IntScratch = Ints(beamRows * (7L + shape.Capacity));
        FloatScratch = Floats(beamRows * 4L);
        (HostTable, HostRows, HostImages) = (new int[rows * shape.Capacity], new int[rows], new int[shape.Images]);
        (HostFloats, HostStreams, HostDivisors) = (new float[rows], new long[shape.Images], new float[shape.Capacity + 1]);
    }

    public WorkspaceShape Shape { get; }

    public DecodingState State { get; }

    /// <summary>[rows, vocabulary]; the second only where sampling filters need room.</summary>
    public DeviceBuffer<float> Scores { get; }

    /// <inheritdoc cref="Scores"/>
    public DeviceBuffer<float> Scratch { get; }

    /// <summary>[rows]; Running holds sums of log-probabilities.</summary>
    public DeviceBuffer<float> LogSums { get; }

    /// <inheritdoc cref="LogSums"/>
    public DeviceBuffer<float> Running { get; }

    /// <summary>[rows, capacity].</summary>
    public DeviceBuffer<int> History { get; }

    /// <summary>[rows].</summary>
    public DeviceBuffer<int> Lengths { get; }

    /// <summary>[images].</summary>
    public DeviceBuffer<int> Limits { get; }

    /// <summary>[rows] without beams, else [images].</summary>
    public DeviceBuffer<int> Finished { get; }

    /// <summary>[rows].</summary>
    public DeviceBuffer<int> Chosen { get; }

    /// <summary>The step over these buffers.</summary>
    public RecordedStep Step { get; }

    /// <summary>[images].</summary>
    public DeviceBuffer<long> Streams { get; }

    /// <summary>[rows, candidates].</summary>
    public DeviceBuffer<float> Orders { get; }

    /// <inheritdoc cref="Orders"/>
    public DeviceBuffer<float> Sums { get; }

    /// <inheritdoc cref="Orders"/>
    public DeviceBuffer<int> Tokens { get; }

    /// <summary>[capacity + 1].</summary>
    public DeviceBuffer<float> Divisors { get; }

    /// <summary>[rows].</summary>
    public DeviceBuffer<float> FinishedScores { get; }

    /// <inheritdoc cref="FinishedScores"/>
    public DeviceBuffer<int> FinishedLengths { get; }

    /// <summary>[rows, capacity].</summary>
    public DeviceBuffer<int> FinishedTokens { get; }

    /// <inheritdoc cref="FinishedTokens"/>
    public DeviceBuffer<int> FinishedRows { get; }

    public DeviceBuffer<int> IntScratch { get; }

    public DeviceBuffer<float> FloatScratch { get; }

    /// <summary>What a step tells the host without beams: the tokens, [rows].</summary>
    public HostBuffer<int> HostChosen { get; }

    /// <summary>What a step tells the host with beams: which images are done, [images].</summary>
    public HostBuffer<int> HostFinished { get; }

    /// <summary>Room on the host: [rows, capacity].</summary>
    public int[] HostTable { get; }

    /// <summary>Room on the host: [rows].</summary>
    public int[] HostRows { get; }

    /// <inheritdoc cref="HostRows"/>
    public float[] HostFloats { get; }

    /// <summary>Room on the host: [images].</summary>
    public int[] HostImages { get; }

    /// <inheritdoc cref="HostImages"/>
    public long[] HostStreams { get; }

    /// <summary>Room on the host: [capacity + 1].</summary>
    public float[] HostDivisors { get; }

    public void Dispose()
    {
        Step.Dispose();
        buffers.ForEach(buffer => buffer.Dispose());
    }

    private DeviceBuffer<float> Floats(long length) => Add(device.Allocate<float>(length));

    private DeviceBuffer<int> Ints(long length) => Add(device.Allocate<int>(length));

    private TBuffer Add<TBuffer>(TBuffer buffer)
        where TBuffer : IDisposable
    {
        buffers.Add(buffer);
        return buffer;
    }
}
