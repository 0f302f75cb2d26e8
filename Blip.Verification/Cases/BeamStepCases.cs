using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.References;
using ILGPU.Runtime;

namespace Blip.Verification.Cases;

/// <summary>One step of beam search.</summary>
/// <param name="Images">Images.</param>
/// <param name="Beams">Beams per image.</param>
/// <param name="Length">Tokens of the running beams.</param>
/// <param name="Capacity">The longest sequence.</param>
public sealed record BeamStepCase(int Images, int Beams, int Length, int Capacity)
{
    /// <summary>Finished sequences per image.</summary>
    public int Finished { get; init; }

    /// <summary>One candidate in this many stops; 0: none.</summary>
    public int StopEvery { get; init; } = 5;

    /// <summary>Multiples of this token also end sequences; 0: none.</summary>
    public int EndsEvery { get; init; }

    /// <summary>A beam's candidates; 0: twice the beams, so that all may come from one.</summary>
    public int Candidates { get; init; }

    /// <inheritdoc cref="BeamStepArgs.StopWhenFull"/>
    public bool StopWhenFull { get; init; }

    /// <inheritdoc cref="BeamStepArgs.BoundByLimit"/>
    public bool BoundByLimit { get; init; }

    /// <summary>Divides a sequence's sum by (generated tokens)^LengthPenalty.</summary>
    public double LengthPenalty { get; init; } = 1;

    /// <inheritdoc/>
    public override string ToString() => $"{Images} x {Beams} beams at {Length} of {Capacity}"
        + (Candidates > 0 ? $", {Candidates} candidates" : "")
        + (Finished > 0 ? $", {Finished} finished" : "")
        + (StopEvery == 1 ? ", all stop" : "")
        + (EndsEvery > 0 ? $", ended every {EndsEvery}" : "")
        + (StopWhenFull ? ", early" : "")
        + (BoundByLimit ? ", never early" : "");
}

/// <summary>The beam steps.</summary>
public static class BeamStepCases
{
    /// <summary>One beam, first and last steps, full and free places, all ending.</summary>
    public static IReadOnlyList<BeamStepCase> Small =>
    [
        new(1, 1, 1, 5), new(1, 2, 1, 8), new(3, 3, 4, 5), new(2, 3, 7, 32) { Finished = 2 }, new(2, 5, 6, 16) { Finished = 5 },
        new(1, 4, 9, 20)
        {
            StopEvery = 1,
        }, new(2, 3, 5, 20) { StopEvery = 0 }, new(2, 3, 5, 20) { Finished = 2, StopEvery = 2, StopWhenFull = true },
        new(2, 3, 5, 20)
        {
            Finished = 3,
            BoundByLimit = true,
        }, new(1, 3, 5, 20) { Finished = 3, LengthPenalty = -1 }, new(4, 7, 130, 150) { Finished = 3 },
        new(2, 3, 5, 20)
        {
            Candidates = 2,
        }, new(2, 3, 5, 20) { EndsEvery = 3 }, new(3, 4, 5, 20) { EndsEvery = 2, Finished = 2 }, new(1, 3, 5, 20) { EndsEvery = 1 },
    ];

    /// <summary>A caption's step: three beams of one and sixteen images.</summary>
    public static IReadOnlyList<BeamStepCase> Real => [new(1, 3, 10, 32) { Finished = 1 }, new(16, 3, 10, 32) { Finished = 1 }];
}

/// <summary>A step's tables on a device.</summary>
public sealed class BeamStepData : IDisposable
{
    private const int Prompt = 1, Stop = 7, Pad = 0, Vocabulary = 1000;

    private readonly List<IDisposable> buffers = [];
    private readonly BeamStepCase test;
    private readonly Device device;
    private readonly BeamStepReference.State[] before, expected;
    private readonly DeviceBuffer<int> lengthsBefore, doneBefore, lengths, done, history, cacheRow, finishedLengths, finishedTokens,
        finishedRows, inputIds, positions;
    private readonly DeviceBuffer<float> running, finishedScores;

    /// <summary>Makes deterministic tables.</summary>
    public BeamStepData(Device device, BeamStepCase test)
    {
        (this.device, this.test) = (device, test);
        var random = new Random((test.Images * 31) + (test.Beams * 7) + test.Length);
        int beams = test.Beams, rows = test.Images * beams, candidates = test.Candidates > 0 ? test.Candidates : 2 * beams;
        before = [.. Enumerable.Range(0, test.Images).Select(image => Before(random, image))];
        var next = before.Select(state => state.Running.Select(beam => Continuations(random, beam.Sum, candidates)).ToArray()).ToArray();
        var reference = new BeamStepReference(beams, Prompt, test.Capacity, Stop, test.StopWhenFull, test.BoundByLimit, test.LengthPenalty)
        {
            Ends = test.EndsEvery == 0
                ? new HashSet<int>()
                : Enumerable.Range(0, Stop + 1 + Vocabulary).Where(token => token % test.EndsEvery == 0).ToHashSet(),
        };
        expected = [.. before.Select((state, image) => reference.Step(state, next[image], image * beams))];

        lengthsBefore = Upload(Enumerable.Repeat(test.Length, rows));
        doneBefore = Upload(new int[test.Images]);
        (lengths, done) = (Upload(new int[rows]), Upload(new int[test.Images]));
        running = Upload(before.SelectMany(state => state.Running).Select(beam => (float)beam.Sum));
        history = Upload(Table(state => state.Running, beam => beam.Tokens));
        cacheRow = Upload(Table(state => state.Running, beam => beam.Rows));
        finishedScores = Upload(PerRow(state => state.Finished, beam => (float)beam.Sum));
        finishedLengths = Upload(PerRow(state => state.Finished, beam => beam.Tokens.Length));
        finishedTokens = Upload(Table(state => state.Finished, beam => beam.Tokens));
        finishedRows = Upload(Table(state => state.Finished, beam => beam.Rows));
        (inputIds, positions) = (Upload(Enumerable.Repeat(-7, rows)), Upload(Enumerable.Repeat(-7, rows)));
        var sums = Upload(next.SelectMany(image => image).SelectMany(beam => beam).Select(candidate => (float)candidate.Sum));
        int[] tokens = [.. next.SelectMany(image => image).SelectMany(beam => beam).Select(candidate => candidate.Token)];
        Args = new BeamStepArgs
        {
            Images = test.Images,
            Beams = beams,
            Candidates = candidates,
            Capacity = test.Capacity,
            StopToken = Stop,
            PadToken = Pad,
            StopWhenFull = test.StopWhenFull,
            BoundByLimit = test.BoundByLimit,
            Divisors = Upload(Enumerable.Range(0, test.Capacity + 1)
                .Select(length => length == 0 ? 1 : (float)Math.Pow(length, test.LengthPenalty))).View,
            PromptLengths = Upload(Enumerable.Repeat(Prompt, test.Images)).View,
            Limits = Upload(Enumerable.Repeat(test.Capacity, test.Images)).View,
            Orders = sums.View,
            Sums = sums.View,
            Tokens = Upload(tokens).View,
            Ends = test.EndsEvery == 0 ? device.Empty<int>() : Upload(tokens.Select(token => reference.Ends.Contains(token) ? 1 : 0)).View,
            Running = running.View,
            Lengths = lengths.View,
            History = history.View,
            CacheRow = cacheRow.View,
            FinishedScores = finishedScores.View,
            FinishedLengths = finishedLengths.View,
            FinishedTokens = finishedTokens.View,
            FinishedRows = finishedRows.View,
            Done = done.View,
            InputIds = inputIds.View,
            Positions = positions.View,
            // As after an earlier step.
            IntScratch = Upload(Enumerable.Repeat(int.MaxValue / 2, rows * (9 + test.Capacity))).View,
            FloatScratch = Upload(Enumerable.Repeat(float.NaN, rows * 4)).View,
        };
    }

    /// <summary>The arguments, for runs after <see cref="Rewind"/>.</summary>
    public BeamStepArgs Args { get; }

    /// <summary>Bytes read and written, up to the running length.</summary>
    public double Bytes => 2.0 * sizeof(int) * test.Images * test.Beams * ((4 * test.Length) + (2 * 3 * test.Beams));

    /// <summary>Resets lengths and ends, so that a step repeats its columns. Other tables keep their values.</summary>
    public void Rewind()
    {
        lengthsBefore.View.CopyTo(device.Stream, lengths.View);
        doneBefore.View.CopyTo(device.Stream, done.View);
    }

    /// <summary>The error after the first step, or empty.</summary>
    public string Compare()
    {
        var (sums, said, rows, next, places, over) =
            (running.ToArray(), history.ToArray(), cacheRow.ToArray(), inputIds.ToArray(), positions.ToArray(), done.ToArray());
        var (counts, scores, ended, endedRows, lengthOf) =
            (lengths.ToArray(), finishedScores.ToArray(), finishedTokens.ToArray(), finishedRows.ToArray(), finishedLengths.ToArray());
        for (var image = 0; image < test.Images; image++)
        {
            var state = expected[image];
            if (over[image] != (state.Done ? 1 : 0))
                return $"{test}: image {image} is {(state.Done ? "not done" : "done")}";
            for (var beam = 0; beam < test.Beams; beam++)
            {
                var row = (image * test.Beams) + beam;
                var own = state.Running[beam];
                if (!Near(own.Sum, sums[row]) || counts[row] != own.Tokens.Length || !Row(said, row, own.Tokens)
                    || !Row(rows, row, own.Rows))
                    return $"{test}: beam {beam} of image {image} is not the reference's";
                if (next[row] != (state.Done ? Pad : own.Tokens[^1]) || places[row] != own.Tokens.Length - 1)
                    return $"{test}: beam {beam} of image {image} runs {next[row]} at {places[row]} next";
                var there = beam < state.Finished.Count;
                if (!there ? lengthOf[row] != 0
                    : lengthOf[row] != state.Finished[beam].Tokens.Length || !Near(state.Finished[beam].Sum, scores[row])
                        || !Row(ended, row, state.Finished[beam].Tokens) || !Row(endedRows, row, state.Finished[beam].Rows))
                    return $"{test}: finished sequence {beam} of image {image} is not the reference's";
            }
        }
        return "";
    }

    /// <inheritdoc/>
    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

    // A sum far below the others loses its digits, as on the device.
    private static bool Near(double expected, float actual) => Math.Abs(expected - actual) <= (expected < -1e8 ? 128 : 1e-5);

    private bool Row(int[] table, int row, int[] expected) => table.AsSpan(row * test.Capacity, expected.Length).SequenceEqual(expected);

    private BeamStepReference.State Before(Random random, int image)
    {
        int[] Rows(int length) => [.. Enumerable.Range(0, length).Select(_ => (image * test.Beams) + random.Next(test.Beams))];
        int[] Tokens(int length) => [.. Enumerable.Range(0, length).Select(_ => Stop + 1 + random.Next(Vocabulary))];
        var sums = Enumerable.Range(0, test.Beams).Select(_ => -(float)(test.Length * random.NextDouble())).OrderDescending().ToArray();
        var running = sums.Select(sum => new BeamStepReference.Beam(Tokens(test.Length), Rows(test.Length), sum)).ToArray();
        var finished = Enumerable.Range(0, test.Finished).Select(_ => random.Next(2, test.Length + 1))
            .Select(length => new BeamStepReference.Beam([.. Tokens(length - 1), Stop], Rows(length - 1), -(float)random.NextDouble()))
            .OrderByDescending(beam => beam.Sum).ToArray();
        return new BeamStepReference.State(running, finished, false);
    }

    private (int Token, double Sum)[] Continuations(Random random, double sum, int count) => [.. Enumerable.Range(0, count)
        .Select(_ => (float)(sum - (3 * random.NextDouble()))).OrderDescending()
        .Select((next, i) =>
            (test.StopEvery > 0 && random.Next(test.StopEvery) == 0 ? Stop : Stop + 1 + random.Next(Vocabulary), (double)next))];

    private IEnumerable<T> PerRow<T>(
        Func<BeamStepReference.State, IReadOnlyList<BeamStepReference.Beam>> beams, Func<BeamStepReference.Beam, T> value)
        where T : struct =>
            before.SelectMany(state =>
                Enumerable.Range(0, test.Beams).Select(beam => beam < beams(state).Count ? value(beams(state)[beam]) : default));

    private IEnumerable<int> Table(
        Func<BeamStepReference.State, IReadOnlyList<BeamStepReference.Beam>> beams, Func<BeamStepReference.Beam, int[]> row) =>
        before.SelectMany(state =>
            Enumerable.Range(0, test.Beams).SelectMany(beam => Padded(beam < beams(state).Count ? row(beams(state)[beam]) : [])));

    private IEnumerable<int> Padded(int[] row) => row.Concat(Enumerable.Repeat(0, test.Capacity - row.Length));

    private DeviceBuffer<T> Upload<T>(IEnumerable<T> values)
        where T : unmanaged
    {
        var buffer = device.Upload<T>([.. values]);
        buffers.Add(buffer);
        return buffer;
    }
}
