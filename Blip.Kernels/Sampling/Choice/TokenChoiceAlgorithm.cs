using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary><see cref="TokenChoice"/> for one row.</summary>
internal readonly struct TokenChoiceAlgorithm<TThreads, TInts, TFloats, TLongs>(Device device, in TokenChoiceArgs args)
    where TThreads : struct, IThreadGroup
    where TInts : struct, IMemory<TInts, int>
    where TFloats : struct, IMemory<TFloats, float>
    where TLongs : struct, IMemory<TLongs, long>
{
    private readonly TFloats scores =
        TFloats.Of(device, args.Scores), logits = TFloats.Of(device, args.Logits), logSums = TFloats.Of(device, args.LogSums);
    private readonly TFloats logProbabilities = TFloats.Of(device, args.LogProbabilities);
    private readonly TLongs streams = TLongs.Of(device, args.Streams);
    private readonly TInts limits =
        TInts.Of(device, args.Limits), history = TInts.Of(device, args.History), lengths = TInts.Of(device, args.Lengths);
    private readonly TInts finished = TInts.Of(device, args.Finished), inputIds = TInts.Of(device, args.InputIds);
    private readonly TInts positions = TInts.Of(device, args.Positions), chosen = TInts.Of(device, args.Chosen);
    private readonly int rowsPerSource =
        args.RowsPerSource, rowsPerImage = args.RowsPerImage, vocabulary = args.Vocabulary, capacity = args.Capacity;
    private readonly int stop = args.StopToken, pad = args.PadToken, sample = args.Sample ? 1 : 0;
    private readonly ulong seed = args.Seed;

    /// <summary>The best of this member's tokens.</summary>
    public Candidate Best(int index, TThreads threads)
    {
        var row = (long)index * vocabulary;
        var image = index / rowsPerImage;
        var (best, length) = (Candidate.None, lengths[index]);
        for (var token = threads.Index; token < vocabulary; token += threads.Count)
        {
            var score = scores[row + token];
            if (sample != 0 && score > float.NegativeInfinity)
                score += Philox.Gumbel(seed, (ulong)streams[image], index % rowsPerImage, length, token);
            var candidate = new Candidate(score, token);
            if (candidate.Before(best))
                best = candidate;
        }
        return best;
    }

    public void Take(int index, int token)
    {
        if (finished[index] != 0)
        {
            chosen[index] = -1;
            return;
        }
        var length = lengths[index];
        var last = token == stop || length + 1 >= limits[index / rowsPerImage];
        history[((long)index * capacity) + length] = token;
        lengths[index] = length + 1;
        logProbabilities[index] += logits[((long)(index / rowsPerSource) * vocabulary) + token] - logSums[index];
        finished[index] = last ? 1 : 0;
        // Ended rows still run, at an unused position.
        inputIds[index] = last ? pad : token;
        positions[index] = length;
        chosen[index] = token;
    }
}
