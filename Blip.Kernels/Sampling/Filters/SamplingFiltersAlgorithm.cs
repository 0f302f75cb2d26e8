using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;

namespace Blip.Kernels;

/// <summary>
/// <see cref="SamplingFilters"/> for one row. Each group member keeps its columns. No reduction is conditional: OpenCL compilers for
/// processors duplicate the code after every conditional barrier.
/// </summary>
internal readonly struct SamplingFiltersAlgorithm<TFloats>(Device device, in SamplingFiltersArgs args)
    where TFloats : struct, IMemory<TFloats, float>
{
    // Blockwise sums limit the rounding error.
    private const int Block = 32;

    private const uint Infinity = 0x7f800000;

    private readonly TFloats scores = TFloats.Of(device, args.Scores), probabilities = TFloats.Of(device, args.Scratch);
    private readonly int vocabulary = args.Vocabulary, topK = args.TopK, leastTokens = args.LeastTokens;
    private readonly float temperature =
        args.Temperature, topH = args.TopH, topP = args.TopP, logMinP = (float)Math.Log(args.MinP), typicalP = args.TypicalP;
    private readonly float epsilonCutoff = args.EpsilonCutoff, etaCutoff = args.EtaCutoff;

    public void KeepTopK<TThreads>(int index, TThreads threads)
        where TThreads : struct, IReducer
    {
        var row = (long)index * vocabulary;
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
            scores[row + c] /= temperature;
        var kept = topK > 0 ? IntrinsicMath.Min(IntrinsicMath.Max(topK, leastTokens), vocabulary) : vocabulary;
        var threshold = Largest(row, kept, threads);
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            if (scores[row + c] < threshold)
                scores[row + c] = float.NegativeInfinity;
        }
    }

    /// <summary>Top-h: keeps the likeliest tokens while their entropy stays within a share of the whole.</summary>
    public void KeepEntropy<TThreads>(int index, TThreads threads)
        where TThreads : struct, IReducer
    {
        var row = (long)index * vocabulary;
        var (largest, sum) = Softmax(row, threads);
        var logSum = XMath.Log(sum);
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            var probability = probabilities[row + c];
            probabilities[row + c] = probability > 0f ? probability * (logSum - (scores[row + c] - largest)) : 0f;
        }
        // The highest score below which the sum is less than the part to drop. The first round finds the whole entropy.
        const int Whole = 32;
        var (key, drop) = (0u, 0f);
        for (var bit = Whole; bit >= 0; bit--)
        {
            var higher = bit == Whole ? FloatOrder.Highest : key | (1u << bit);
            var below = Below(row, FloatOrder.Value(higher), threads);
            drop = bit == Whole ? (1f - topH) * below : drop;
            if (bit < Whole && higher <= FloatOrder.Highest && below < drop)
                key = higher;
        }
        var threshold = FloatOrder.Value(key);
        // Of ties, higher tokens go first, until enough is dropped.
        var each = Maths.Exp(threshold - largest) / sum * (logSum - (threshold - largest));
        var missing = drop - Below(row, threshold, threads);
        var gone = missing > 0f && each > 0f ? (int)IntrinsicMath.Min(XMath.Ceiling(missing / each), vocabulary) : 0;
        var lastEqual = LastEqualToken(row, threshold, IntrinsicMath.Max(gone, 1), threads);
        var firstDropped = gone > 0 ? lastEqual : vocabulary;
        var first = Rank(row, Order.ByToken, Candidate.Start, 0f, threads);
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            var score = scores[row + c];
            if ((score < threshold || (score == threshold && c >= firstDropped)) && c != first.Index)
                scores[row + c] = float.NegativeInfinity;
        }
    }

    public void CutEpsilon<TThreads>(int index, TThreads threads)
        where TThreads : struct, IReducer
    {
        var row = (long)index * vocabulary;
        Softmax(row, threads);
        Cut(row, epsilonCutoff, threads);
    }

    public void CutEta<TThreads>(int index, TThreads threads)
        where TThreads : struct, IReducer
    {
        var row = (long)index * vocabulary;
        var (largest, sum) = Softmax(row, threads);
        // exp(-entropy): a token's surprisal is log sum + largest - score.
        var typical = Maths.Exp(Mean(row, largest, threads)) / sum;
        Cut(row, IntrinsicMath.Min(etaCutoff, XMath.Sqrt(etaCutoff) * typical), threads);
    }

    /// <summary>Top-p.</summary>
    public void KeepLikeliest<TThreads>(int index, TThreads threads)
        where TThreads : struct, IReducer
    {
        var row = (long)index * vocabulary;
        var (largest, sum) = Softmax(row, threads);
        var drop = 1f - topP;
        // The highest score below which at most this may be dropped.
        var key = 0u;
        for (var bit = 31; bit >= 0; bit--)
        {
            var higher = key | (1u << bit);
            var below = Below(row, FloatOrder.Value(higher), threads);
            if (higher <= FloatOrder.Highest && below <= drop)
                key = higher;
        }
        var threshold = FloatOrder.Value(key);
        // Of ties, lower tokens go first, while the sum allows.
        var each = Maths.Exp(threshold - largest) / sum;
        var left = drop - Below(row, threshold, threads);
        var equals = each > 0f && left >= each ? (int)IntrinsicMath.Min(left / each, vocabulary) : 0;
        var equalToken = EqualToken(row, threshold, equals, threads);
        var lastDropped = equals > 0 ? equalToken : -1;
        var first = Rank(row, Order.ByLateToken, Candidate.Start, 0f, threads);
        var second = Rank(row, Order.ByLateToken, first, 0f, threads);
        second = leastTokens > 1 ? second : first;
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            var score = scores[row + c];
            if ((score < threshold || (score == threshold && c <= lastDropped)) && c != -first.Index && c != -second.Index)
                scores[row + c] = float.NegativeInfinity;
        }
    }

    /// <summary>Min-p.</summary>
    public void KeepNearLikeliest<TThreads>(int index, TThreads threads)
        where TThreads : struct, IReducer
    {
        var row = (long)index * vocabulary;
        // Score differences give relative probabilities: no exponential or sum is needed, and the likeliest stays.
        var first = Rank(row, Order.ByToken, Candidate.Start, 0f, threads);
        var second = Rank(row, Order.ByToken, first, 0f, threads);
        second = leastTokens > 1 ? second : first;
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            if (scores[row + c] - first.Value < logMinP && c != second.Index)
                scores[row + c] = float.NegativeInfinity;
        }
    }

    public void KeepTypical<TThreads>(int index, TThreads threads)
        where TThreads : struct, IReducer
    {
        var row = (long)index * vocabulary;
        var (largest, _) = Softmax(row, threads);
        // Strangeness is the distance of surprisal from the entropy, so of the score from the mean score.
        var center = largest + Mean(row, largest, threads);
        // The largest strangeness below which less than this lies. It is not negative, so its bits order it.
        var strangest = 0u;
        for (var bit = 30; bit >= 0; bit--)
        {
            var stranger = strangest | (1u << bit);
            var less = LessStrange(row, Interop.IntAsFloat(stranger < Infinity ? stranger : Infinity), center, threads);
            if (stranger <= Infinity && less < typicalP)
                strangest = stranger;
        }
        var threshold = Interop.IntAsFloat(strangest);
        var first = Rank(row, Order.ByTypicality, Candidate.Start, center, threads);
        var second = Rank(row, Order.ByTypicality, first, center, threads);
        second = leastTokens > 1 ? second : first;
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            if (Strangeness(row, c, center) > threshold && c != first.Index && c != second.Index)
                scores[row + c] = float.NegativeInfinity;
        }
    }

    private void Cut<TThreads>(long row, float least, TThreads threads)
        where TThreads : struct, IReducer
    {
        var kept = Largest(row, IntrinsicMath.Min(leastTokens, vocabulary), threads);
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            if (probabilities[row + c] < least && scores[row + c] < kept)
                scores[row + c] = float.NegativeInfinity;
        }
    }

    /// <summary>The k-th largest score, ties counted each; k is at most the vocabulary.</summary>
    private float Largest<TThreads>(long row, int k, TThreads threads)
        where TThreads : struct, IReducer
    {
        var key = 0u;
        for (var bit = 31; bit >= 0; bit--)
        {
            var higher = key | (1u << bit);
            var threshold = FloatOrder.Value(higher);
            var count = 0;
            for (var c = threads.Index; c < vocabulary; c += threads.Count)
                count += scores[row + c] >= threshold ? 1 : 0;
            var reaching = threads.Sum(count);
            if (higher <= FloatOrder.Highest && reaching >= k)
                key = higher;
        }
        return FloatOrder.Value(key);
    }

    /// <summary>Writes probabilities and returns their parts: exp(score - largest) / sum.</summary>
    private (float Largest, float Sum) Softmax<TThreads>(long row, TThreads threads)
        where TThreads : struct, IReducer
    {
        var largest = float.NegativeInfinity;
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
            largest = IntrinsicMath.Max(largest, scores[row + c]);
        largest = threads.Max(largest);
        // Without a finite score there is no distribution.
        largest = largest > float.NegativeInfinity ? largest : 0f;
        var sum = 0f;
        for (var start = threads.Index; start < vocabulary; start += threads.Count * Block)
        {
            var end = IntrinsicMath.Min(start + (threads.Count * Block), vocabulary);
            var block = 0f;
            for (var c = start; c < end; c += threads.Count)
            {
                var exp = Maths.Exp(scores[row + c] - largest);
                probabilities[row + c] = exp;
                block += exp;
            }
            sum += block;
        }
        sum = IntrinsicMath.Max(threads.Sum(sum), 1e-30f);
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
            probabilities[row + c] /= sum;
        return (largest, sum);
    }

    /// <summary>Σ p · (score - largest), after <see cref="Softmax"/>.</summary>
    private float Mean<TThreads>(long row, float largest, TThreads threads)
        where TThreads : struct, IReducer
    {
        var sum = 0f;
        for (var start = threads.Index; start < vocabulary; start += threads.Count * Block)
        {
            var end = IntrinsicMath.Min(start + (threads.Count * Block), vocabulary);
            var block = 0f;
            for (var c = start; c < end; c += threads.Count)
            {
                var probability = probabilities[row + c];
                block += probability > 0f ? probability * (scores[row + c] - largest) : 0f;
            }
            sum += block;
        }
        return threads.Sum(sum);
    }

    /// <summary>Sums the probabilities of lower scores.</summary>
    private float Below<TThreads>(long row, float threshold, TThreads threads)
        where TThreads : struct, IReducer
    {
        var sum = 0f;
        for (var start = threads.Index; start < vocabulary; start += threads.Count * Block)
        {
            var end = IntrinsicMath.Min(start + (threads.Count * Block), vocabulary);
            var block = 0f;
            for (var c = start; c < end; c += threads.Count)
                block += scores[row + c] < threshold ? probabilities[row + c] : 0f;
            sum += block;
        }
        return threads.Sum(sum);
    }

    private float LessStrange<TThreads>(long row, float threshold, float center, TThreads threads)
        where TThreads : struct, IReducer
    {
        var sum = 0f;
        for (var start = threads.Index; start < vocabulary; start += threads.Count * Block)
        {
            var end = IntrinsicMath.Min(start + (threads.Count * Block), vocabulary);
            var block = 0f;
            for (var c = start; c < end; c += threads.Count)
                block += Strangeness(row, c, center) < threshold ? probabilities[row + c] : 0f;
            sum += block;
        }
        return threads.Sum(sum);
    }

    /// <summary>The n-th token with this score, or the last token if there are fewer.</summary>
    private int EqualToken<TThreads>(long row, float score, int n, TThreads threads)
        where TThreads : struct, IReducer
    {
        var (low, high) = (0, vocabulary - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var count = 0;
            for (var c = threads.Index; c <= middle; c += threads.Count)
                count += scores[row + c] == score ? 1 : 0;
            var enough = threads.Sum(count) >= n;
            (low, high) = enough ? (low, middle) : (middle + 1, high);
        }
        return low;
    }

    /// <summary>The n-th last token with this score, or the first token if there are fewer.</summary>
    private int LastEqualToken<TThreads>(long row, float score, int n, TThreads threads)
        where TThreads : struct, IReducer
    {
        var (low, high) = (0, vocabulary - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            var count = 0;
            for (var c = threads.Index; c < vocabulary; c += threads.Count)
                count += c >= middle && scores[row + c] == score ? 1 : 0;
            var enough = threads.Sum(count) >= n;
            (low, high) = enough ? (middle, high) : (low, middle - 1);
        }
        return low;
    }

    /// <summary>The next token after another in an order.</summary>
    private Candidate Rank<TThreads>(long row, Order order, Candidate after, float center, TThreads threads)
        where TThreads : struct, IReducer
    {
        var best = Candidate.None;
        for (var c = threads.Index; c < vocabulary; c += threads.Count)
        {
            var value = order == Order.ByTypicality ? -Strangeness(row, c, center) : scores[row + c];
            var candidate = new Candidate(value, order == Order.ByLateToken ? -c : c);
            if (after.Before(candidate) && candidate.Before(best))
                best = candidate;
        }
        return threads.First(best);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float Strangeness(long row, int token, float center) => IntrinsicMath.Abs(center - scores[row + token]);

    private enum Order
    {
        /// <summary>Highest score first, ties by lower token.</summary>
        ByToken,

        /// <summary>Highest score first, ties by higher token: a stable rising sort, read from its end.</summary>
        ByLateToken,

        /// <summary>Least strange first, ties by lower token.</summary>
        ByTypicality,
    }
}
