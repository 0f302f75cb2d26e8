using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary><see cref="TokenRules"/> for one row, by a group's work-items or one worker.</summary>
internal readonly struct TokenRulesAlgorithm<TThreads, TInts, TFloats>(Device device, in TokenRulesArgs args)
    where TThreads : struct, IThreadGroup
    where TInts : struct, IMemory<TInts, int>
    where TFloats : struct, IMemory<TFloats, float>
{
    private readonly TFloats scores = TFloats.Of(device, args.Scores), decay = TFloats.Of(device, args.Decay);
    private readonly TInts history = TInts.Of(device, args.History), lengths = TInts.Of(device, args.Lengths);
    private readonly TInts promptLengths = TInts.Of(device, args.PromptLengths), limits = TInts.Of(device, args.Limits);
    private readonly TInts suppressed = TInts.Of(device, args.Suppressed), suppressedFirst = TInts.Of(device, args.SuppressedFirst);
    private readonly Table biases = new(device, args.Biases), badWords = new(device, args.BadWords);
    private readonly Continuations allowed = new(device, args.Allowed);
    private readonly int rowsPerImage = args.RowsPerImage, vocabulary = args.Vocabulary, capacity = args.Capacity;
    private readonly int ngram = args.NoRepeatNgramSize, stop = args.StopToken, minLength = args.MinLength,
        minNewTokens = args.MinNewTokens;
    private readonly int forcedFirst = args.ForcedFirstToken, forced = args.ForcedToken, decayStart = args.DecayStart;
    private readonly float penalty = args.RepetitionPenalty;

    public void Row(int index, TThreads threads)
    {
        var row = (long)index * vocabulary;
        var said = (long)index * capacity;
        var length = lengths[index];
        var prompt = promptLengths[index / rowsPerImage];
        var limit = limits[index / rowsPerImage];

        AddBiases(in biases, row, said, length, threads);
        threads.Sync();
        if (penalty != 1f)
            PenalizeRepetition(row, said, length, threads);
        threads.Sync();
        if (ngram > 0)
            ForbidNgrams(row, said, length, threads);
        threads.Sync();
        AddBiases(in badWords, row, said, length, threads);
        threads.Sync();
        if (threads.Index == 0 && (length < minLength || length - prompt < minNewTokens))
            scores[row + stop] = float.NegativeInfinity;
        // No barrier: this and the rule above write only -inf.
        if (allowed.First.Length > 0)
            KeepAllowed(row, said, prompt, length, threads);
        threads.Sync();
        if (forcedFirst >= 0 && length == 1)
            Force(row, forcedFirst, threads);
        if (forced >= 0 && length == limit - 1)
            Force(row, forced, threads);
        threads.Sync();
        if (threads.Index == 0 && decay.Length > 0 && length - prompt > decayStart)
            Decay(row, length - prompt - decayStart);
        threads.Sync();
        for (var i = threads.Index; i < suppressed.Length; i += threads.Count)
            scores[row + suppressed[i]] = float.NegativeInfinity;
        if (length == (prompt == 1 && forcedFirst >= 0 ? 2 : prompt))
        {
            for (var i = threads.Index; i < suppressedFirst.Length; i += threads.Count)
                scores[row + suppressedFirst[i]] = float.NegativeInfinity;
        }
    }

    private void AddBiases(in Table table, long row, long said, int length, TThreads threads)
    {
        for (var i = threads.Index; i < table.LastTokens.Length; i += threads.Count)
        {
            var bias = 0f;
            for (var sequence = table.FirstSequence[i]; sequence < table.FirstSequence[i + 1]; sequence++)
            {
                var start = table.PrefixStart[sequence];
                var tokens = table.PrefixStart[sequence + 1] - start;
                // As in the reference, a sequence of several tokens needs as many earlier tokens.
                var matches = tokens == 0 || tokens < length;
                for (var t = 0; t < tokens && matches; t++)
                    matches = history[said + length - tokens + t] == table.Prefixes[start + t];
                if (matches)
                    bias += table.Biases[sequence];
            }
            var place = row + table.LastTokens[i];
            if (bias != 0f)
                scores[place] += bias;
        }
    }

    private void PenalizeRepetition(long row, long said, int length, TThreads threads)
    {
        for (var i = threads.Index; i < length; i += threads.Count)
        {
            var token = history[said + i];
            var first = true;
            for (var earlier = 0; earlier < i && first; earlier++)
                first = history[said + earlier] != token;
            if (!first)
                continue;
            var score = scores[row + token];
            scores[row + token] = score < 0f ? score * penalty : score / penalty;
        }
    }

    private void ForbidNgrams(long row, long said, int length, TThreads threads)
    {
        var suffix = said + length - (ngram - 1);
        for (var start = threads.Index; start <= length - ngram; start += threads.Count)
        {
            var matches = true;
            for (var t = 0; t < ngram - 1 && matches; t++)
                matches = history[said + start + t] == history[suffix + t];
            if (matches)
                scores[row + history[said + start + ngram - 1]] = float.NegativeInfinity;
        }
    }

    private void KeepAllowed(long row, long said, int prompt, int length, TThreads threads)
    {
        var state = 0;
        for (var i = prompt; i < length; i++)
        {
            var place = allowed.Find(state, history[said + i]);
            state = place < 0 ? 0 : allowed.Next[place];
        }
        var complete = allowed.Complete[state] != 0;
        for (var token = threads.Index; token < vocabulary; token += threads.Count)
        {
            if (!(complete && token == stop) && allowed.Find(state, token) < 0)
                scores[row + token] = float.NegativeInfinity;
        }
    }

    private void Force(long row, int only, TThreads threads)
    {
        for (var token = threads.Index; token < vocabulary; token += threads.Count)
            scores[row + token] = token == only ? 0f : float.NegativeInfinity;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Decay(long row, int tokens)
    {
        var score = scores[row + stop];
        // A forbidden stop token stays forbidden.
        if (score > float.NegativeInfinity)
            scores[row + stop] = score + ((score < 0f ? -score : score) * decay[tokens]);
    }

    private readonly struct Table(Device device, in SequenceTable table)
    {
        public readonly TInts LastTokens = TInts.Of(device, table.LastTokens), FirstSequence = TInts.Of(device, table.FirstSequence);
        public readonly TInts PrefixStart = TInts.Of(device, table.PrefixStart), Prefixes = TInts.Of(device, table.Prefixes);
        public readonly TFloats Biases = TFloats.Of(device, table.Biases);
    }

    private readonly struct Continuations(Device device, in ContinuationTable table)
    {
        public readonly TInts First = TInts.Of(device, table.First), Next = TInts.Of(device, table.Next),
            Complete = TInts.Of(device, table.Complete);
        private readonly TInts tokens = TInts.Of(device, table.Tokens);

        // A token's place among the allowed ones, or -1. A state's own continuations include state 0's.
        public int Find(int state, int token)
        {
            var place = Search(First[state], First[state + 1], token);
            return place < 0 && state > 0 && Complete[state] != 0 ? Search(First[0], First[1], token) : place;
        }

        private int Search(int from, int to, int token)
        {
            var end = to;
            while (from < to)
            {
                var middle = (from + to) / 2;
                if (tokens[middle] < token)
                    from = middle + 1;
                else
                    to = middle;
            }
            return from < end && tokens[from] == token ? from : -1;
        }
    }
}
