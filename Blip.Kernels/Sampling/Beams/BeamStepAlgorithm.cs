using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>
/// <see cref="BeamStep"/> for one image, as in Hugging Face's vectorized beam search. The group's first member decides; all move the
/// tables' columns.
/// </summary>
internal readonly struct BeamStepAlgorithm<TThreads, TInts, TFloats>(Device device, in BeamStepArgs args)
    where TThreads : struct, IThreadGroup
    where TInts : struct, IMemory<TInts, int>
    where TFloats : struct, IMemory<TFloats, float>
{
    private readonly TFloats divisors =
        TFloats.Of(device, args.Divisors), orders = TFloats.Of(device, args.Orders), sums = TFloats.Of(device, args.Sums);
    private readonly TFloats running = TFloats.Of(device, args.Running), finishedScores = TFloats.Of(device, args.FinishedScores);
    private readonly TFloats floats = TFloats.Of(device, args.FloatScratch);
    private readonly TInts promptLengths = TInts.Of(device, args.PromptLengths), limits = TInts.Of(device, args.Limits);
    private readonly TInts tokens = TInts.Of(device, args.Tokens), ends = TInts.Of(device, args.Ends),
        lengths = TInts.Of(device, args.Lengths), history = TInts.Of(device, args.History);
    private readonly TInts cacheRow = TInts.Of(device, args.CacheRow), finishedLengths = TInts.Of(device, args.FinishedLengths);
    private readonly TInts finishedTokens = TInts.Of(device, args.FinishedTokens), finishedRows = TInts.Of(device, args.FinishedRows);
    private readonly TInts done = TInts.Of(device, args.Done), inputIds = TInts.Of(device, args.InputIds),
        positions = TInts.Of(device, args.Positions);
    private readonly TInts ints = TInts.Of(device, args.IntScratch);
    private readonly int images = args.Images, beams = args.Beams, candidates = args.Candidates, capacity = args.Capacity;
    private readonly int stop = args.StopToken, pad = args.PadToken, stopWhenFull = args.StopWhenFull
        ? 1 : 0, boundByLimit = args.BoundByLimit ? 1
        : 0;

    public void Image(int image, TThreads threads)
    {
        if (done[image] != 0)
            return;
        var room = new Scratch(image, images, beams, capacity);
        var length = lengths[(long)image * beams];
        if (threads.Index == 0)
        {
            Merge(image, room, length + 1 >= limits[image]);
            ChooseRunning(room);
            ChooseFinished(image, room, length + 1 - promptLengths[image], length);
        }
        threads.Sync();
        for (var column = threads.Index; column <= length; column += threads.Count)
            MoveColumn(image, room, column, length);
        // This touches no column.
        if (threads.Index == 0)
            Finish(image, room, length + 1);
    }

    // The 2 · beams best candidates of all rows, best first; ties by beam, then token.
    private void Merge(int image, in Scratch room, bool last)
    {
        for (var beam = 0; beam < beams; beam++)
            ints[room.Cursor + beam] = 0;
        for (var i = 0; i < 2 * beams; i++)
        {
            var best = -1;
            var bestOrder = 0f;
            for (var beam = 0; beam < beams; beam++)
            {
                var next = ints[room.Cursor + beam];
                if (next >= candidates)
                    continue;
                var order = orders[(((long)image * beams) + beam) * candidates + next];
                if (best >= 0 && !(order > bestOrder))
                    continue;
                best = beam;
                bestOrder = order;
            }
            var place = ((((long)image * beams) + best) * candidates) + ints[room.Cursor + best];
            ints[room.Cursor + best]++;
            ints[room.Beam + i] = best;
            ints[room.Token + i] = tokens[place];
            ints[room.Ended + i] = last || tokens[place] == stop || (ends.Length > 0 && ends[place] != 0) ? 1 : 0;
            floats[room.Sum + i] = sums[place];
        }
    }

    // The best unfinished beams continue. If all have ended, as at the last length, ended ones fill the table.
    private void ChooseRunning(in Scratch room)
    {
        for (var beam = 0; beam < beams; beam++)
        {
            var best = -1;
            var bestSum = 0f;
            for (var i = 0; i < 2 * beams; i++)
            {
                var taken = false;
                for (var earlier = 0; earlier < beam && !taken; earlier++)
                    taken = ints[room.Next + earlier] == i;
                var sum = floats[room.Sum + i] + (ints[room.Ended + i] != 0 ? BeamStep.OutOfReach : 0f);
                if (taken || (best >= 0 && !(sum > bestSum)))
                    continue;
                best = i;
                bestSum = sum;
            }
            ints[room.Next + beam] = best;
            floats[room.NextSum + beam] = bestSum;
        }
    }

    // The best of earlier finished sequences and the first beams candidates that end now. Any finished sequence precedes a free place.
    // Sources: finished ones count from 0, candidates from beams.
    private void ChooseFinished(int image, in Scratch room, int generated, int length)
    {
        var row = (long)image * beams;
        for (var place = 0; place < beams; place++)
        {
            var best = -1;
            var bestScore = 0f;
            for (var source = 0; source < 2 * beams; source++)
            {
                var candidate = source - beams;
                var ended = candidate < 0 ? finishedLengths[row + source] > 0 : ints[room.Ended + candidate] != 0;
                var taken = !ended;
                for (var earlier = 0; earlier < place && !taken; earlier++)
                    taken = ints[room.Source + earlier] == source;
                if (taken)
                    continue;
                var score = candidate < 0 ? finishedScores[row + source] : floats[room.Sum + candidate] / divisors[generated];
                if (best >= 0 && !(score > bestScore))
                    continue;
                best = source;
                bestScore = score;
            }
            ints[room.Source + place] = best;
            floats[room.Score + place] = bestScore;
            ints[room.Cursor + place] = best < 0 ? 0 : best < beams ? finishedLengths[row + best] : length + 1;
        }
    }

    // One member moves a whole column, so that no other member touches it.
    private void MoveColumn(int image, in Scratch room, int column, int length)
    {
        var row = (long)image * beams;
        for (var beam = 0; beam < beams; beam++)
        {
            var source = ints[room.Source + beam];
            ints[room.Column(beam, column)] = source < 0 ? 0
                : source < beams ? finishedTokens[((row + source) * capacity) + column]
                : column == length ? ints[room.Token + source - beams]
                : history[((row + ints[room.Beam + source - beams]) * capacity) + column];
        }
        for (var beam = 0; beam < beams; beam++)
            finishedTokens[((row + beam) * capacity) + column] = ints[room.Column(beam, column)];

        for (var beam = 0; beam < beams; beam++)
        {
            var source = ints[room.Source + beam];
            ints[room.Column(beam, column)] = source < 0 ? 0
                : source < beams ? finishedRows[((row + source) * capacity) + column]
                : cacheRow[((row + ints[room.Beam + source - beams]) * capacity) + column];
        }
        for (var beam = 0; beam < beams; beam++)
            finishedRows[((row + beam) * capacity) + column] = ints[room.Column(beam, column)];

        for (var beam = 0; beam < beams; beam++)
        {
            var next = ints[room.Next + beam];
            ints[room.Column(beam, column)] = column == length
                ? ints[room.Token + next]
                : history[((row + ints[room.Beam + next]) * capacity) + column];
        }
        for (var beam = 0; beam < beams; beam++)
            history[((row + beam) * capacity) + column] = ints[room.Column(beam, column)];

        for (var beam = 0; beam < beams; beam++)
        {
            var parent = ints[room.Beam + ints[room.Next + beam]];
            ints[room.Column(beam, column)] = column == length ? (int)(row + beam) : cacheRow[((row + parent) * capacity) + column];
        }
        for (var beam = 0; beam < beams; beam++)
            cacheRow[((row + beam) * capacity) + column] = ints[room.Column(beam, column)];
    }

    private void Finish(int image, in Scratch room, int length)
    {
        var row = (long)image * beams;
        var full = true;
        for (var beam = 0; beam < beams; beam++)
        {
            running[row + beam] = floats[room.NextSum + beam];
            lengths[row + beam] = length;
            finishedScores[row + beam] = floats[room.Score + beam];
            finishedLengths[row + beam] = ints[room.Cursor + beam];
            full = full && ints[room.Cursor + beam] > 0;
        }
        var generated = (boundByLimit != 0 ? limits[image] : length) - promptLengths[image];
        var best = running[row] / divisors[generated];
        var ended = !(running[row] > BeamStep.OutOfReach / 2) || (full && (stopWhenFull != 0 || !(best > finishedScores[row + beams - 1])));
        done[image] = ended ? 1 : 0;
        for (var beam = 0; beam < beams; beam++)
        {
            inputIds[row + beam] = ended ? pad : ints[room.Token + ints[room.Next + beam]];
            positions[row + beam] = length - 1;
        }
    }

    // Offsets of an image's scratch memory.
    private readonly struct Scratch(int image, int images, int beams, int capacity)
    {
        public readonly long Beam = (long)image * 9 * beams, Token = ((long)image * 9 * beams) + (2 * beams);
        public readonly long Next = ((long)image * 9 * beams) + (4 * beams), Source = ((long)image * 9 * beams) + (5 * beams);
        public readonly long Cursor = ((long)image * 9 * beams) + (6 * beams), Ended = ((long)image * 9 * beams) + (7 * beams);
        public readonly long Sum = (long)image * 4 * beams, NextSum = ((long)image * 4 * beams) + (2 * beams),
            Score = ((long)image * 4 * beams) + (3 * beams);
        private readonly long columns = ((long)images * 9 * beams) + ((long)image * beams * capacity);
        private readonly int stride = capacity;

        public readonly long Column(int beam, int column) => columns + ((long)beam * stride) + column;
    }
}
