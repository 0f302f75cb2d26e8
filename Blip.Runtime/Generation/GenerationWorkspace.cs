using System.Runtime.InteropServices;
using Blip.Kernels.Devices;
using Blip.Runtime.Models;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Generation;

/// <summary>All device and host buffers of a run, reused by later runs of the same shape.</summary>
internal sealed class GenerationWorkspace : IDisposable
{
    private readonly List<IDisposable> buffers = [];
    private readonly Device device;
    private readonly MirroredMemory memory;
    private readonly DeviceBuffer<int> writtenAhead;

    public GenerationWorkspace(Device device, WorkspaceShape shape)
    {
        this.device = device;
        Shape = shape;
        memory = Add(new MirroredMemory(device));
        State = Add(new DecodingState(device, memory, shape.Images, shape.RowsPerImage, shape.Capacity));
        var rows = State.Rows;
        var beamRows = shape.Search ? rows : 0;
        var table = checked(rows * shape.Capacity);

        // The order matters. One copy uploads a run's beginning, from the state's arrays to FinishedLengths. One copy fetches results:
        // from Running to Chosen without beams, from FinishedLengths on with beams.
        History = memory.Add<int>(table);
        Lengths = memory.Add<int>(rows);
        Limits = memory.Add<int>(shape.Images);
        Streams = memory.Add<long>(shape.Images);
        Divisors = memory.Add<float>(shape.Search ? shape.Capacity + 1 : 0);
        Finished = memory.Add<int>(shape.Search ? shape.Images : rows);
        Running = memory.Add<float>(rows);
        FinishedLengths = memory.Add<int>(beamRows);
        Chosen = memory.Add<int>(rows - beamRows);
        FinishedScores = memory.Add<float>(beamRows);
        FinishedTokens = memory.Add<int>(shape.Search ? table : 0);
        FinishedRows = memory.Add<int>(shape.Search ? table : 0);
        memory.Allocate();

        Scores = Floats((long)rows * shape.Vocabulary);
        Scratch = shape.Filters ? Floats((long)rows * shape.Vocabulary) : Floats(0);
        LogSums = Floats(rows);
        Orders = Floats((long)beamRows * shape.Candidates);
        Sums = Floats((long)beamRows * shape.Candidates);
        Tokens = Ints((long)beamRows * shape.Candidates);
        Ends = Ints((long)beamRows * shape.Candidates);
        IntScratch = Ints(beamRows * (9L + shape.Capacity));
        FloatScratch = Floats(beamRows * 4L);
        writtenAhead = Ints(rows == 1 && !shape.Search ? Lookahead.Most + 1 : 0);
        Step = new RecordedStep(device);
    }

    public WorkspaceShape Shape { get; }

    public DecodingState State { get; }

    /// <summary>[rows, vocabulary]; the second only if sampling filters need it.</summary>
    public DeviceBuffer<float> Scores { get; }

    /// <inheritdoc cref="Scores"/>
    public DeviceBuffer<float> Scratch { get; }

    /// <summary>[rows].</summary>
    public DeviceBuffer<float> LogSums { get; }

    /// <summary>Sums of log-probabilities, [rows].</summary>
    public MirroredArray<float> Running { get; }

    /// <summary>[rows, capacity].</summary>
    public MirroredArray<int> History { get; }

    /// <summary>[rows].</summary>
    public MirroredArray<int> Lengths { get; }

    /// <summary>[images].</summary>
    public MirroredArray<int> Limits { get; }

    /// <summary>[rows] without beams, else [images].</summary>
    public MirroredArray<int> Finished { get; }

    /// <summary>A step's choice without beams, [rows].</summary>
    public MirroredArray<int> Chosen { get; }

    public RecordedStep Step { get; }

    /// <summary>[images].</summary>
    public MirroredArray<long> Streams { get; }

    /// <summary>[rows, candidates].</summary>
    public DeviceBuffer<float> Orders { get; }

    /// <inheritdoc cref="Orders"/>
    public DeviceBuffer<float> Sums { get; }

    /// <inheritdoc cref="Orders"/>
    public DeviceBuffer<int> Tokens { get; }

    /// <inheritdoc cref="Orders"/>
    public DeviceBuffer<int> Ends { get; }

    /// <summary>[capacity + 1].</summary>
    public MirroredArray<float> Divisors { get; }

    /// <summary>[rows].</summary>
    public MirroredArray<float> FinishedScores { get; }

    /// <inheritdoc cref="FinishedScores"/>
    public MirroredArray<int> FinishedLengths { get; }

    /// <summary>[rows, capacity].</summary>
    public MirroredArray<int> FinishedTokens { get; }

    /// <inheritdoc cref="FinishedTokens"/>
    public MirroredArray<int> FinishedRows { get; }

    public DeviceBuffer<int> IntScratch { get; }

    public DeviceBuffer<float> FloatScratch { get; }

    /// <summary>Copies a run's state from a workspace of the same shape.</summary>
    public void TakeOver(GenerationWorkspace other) => memory.CopyFrom(other.memory);

    /// <summary>The single row's next token and the drafted tokens after it, on the device.</summary>
    public ArrayView<int> WithNext(List<int> ahead)
    {
        State.InputIds.View.CopyTo(device.Stream, writtenAhead.View.SubView(0, 1));
        writtenAhead.CopyFrom(CollectionsMarshal.AsSpan(ahead), 1);
        return writtenAhead.View.SubView(0, 1 + ahead.Count);
    }

    /// <summary>Queues the upload of the run's initial data.</summary>
    public void SendBeginning() => memory.CopyUp(State.Prompts, FinishedLengths);

    /// <summary>Queues the upload of changed <see cref="Limits"/>.</summary>
    public void SendLimits() => memory.CopyUp(Limits, Limits);

    /// <summary>Queues the download of a step without beams: <see cref="Chosen"/> and <see cref="Running"/>.</summary>
    public void FetchChosen() => memory.CopyDown(Running, Chosen);

    /// <summary>Queues the download of the beams' tokens: <see cref="History"/> and <see cref="Lengths"/>.</summary>
    public void FetchHistory() => memory.CopyDown(History, Lengths);

    /// <summary>Queues the download of <see cref="Finished"/> after a beam search step.</summary>
    public void FetchFinished() => memory.CopyDown(Finished, Finished);

    /// <summary>Queues the download of a beam search's results, on request with <see cref="FinishedRows"/>.</summary>
    public void FetchFound(bool rows) => memory.CopyDown(FinishedLengths, rows ? FinishedRows : FinishedTokens);

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

/// <summary>The sizes on which a run's buffers depend.</summary>
/// <param name="Images">Images at once.</param>
/// <param name="RowsPerImage">Beams, or samples.</param>
/// <param name="Capacity">Longest sequence.</param>
/// <param name="Vocabulary">Its size.</param>
/// <param name="Search">True for beam search.</param>
/// <param name="Filters">Whether sampling filters need memory.</param>
internal readonly record struct WorkspaceShape(int Images, int RowsPerImage, int Capacity, int Vocabulary, bool Search, bool Filters)
{
    /// <summary>Continuations per beam: as many as the image keeps, since all may come from one beam.</summary>
    public int Candidates => Math.Min(2 * RowsPerImage, Vocabulary);
}
