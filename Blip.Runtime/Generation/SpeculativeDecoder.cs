using System.Diagnostics;
using Blip.Kernels.Devices;
using Blip.Runtime.Models;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Generation;

/// <summary>
/// Speculative decoding (Leviathan et al. 2023; Chen et al. 2023) of one sequence: a draft writes some tokens ahead, by the rules and draws of the
/// call, and one run of the decoder gives the logits behind each of them. A caller of steps gets these logits for as long as the tokens are the ones
/// that it chose itself, so that it chooses the same as without a draft, bit for bit.
/// </summary>
/// <param name="decoder">The decoder and its draft.</param>
/// <param name="run">The call.</param>
/// <param name="draft">The same call for the draft, over another workspace.</param>
/// <param name="lookahead">How many tokens are written ahead.</param>
internal sealed class SpeculativeDecoder(IDraftedDecoder decoder, GenerationContext run, GenerationContext draft, Lookahead lookahead) : ITextDecoder
{
    private readonly TokenSearch search = new(draft, [], onToken: null, ends: null);

    // The tokens behind the one that the last run of the decoder began with, and how many of them were chosen since.
    private readonly List<int> written = [];
    private ArrayView<float> logits;
    private int chosen;

    /// <inheritdoc/>
    public int VocabularySize => decoder.VocabularySize;

    /// <inheritdoc/>
    public int MaxPositions => decoder.MaxPositions;

    private Device Device => run.Device;

    /// <inheritdoc/>
    public ArrayView<float> Prefill(DecodingState state)
    {
        Forget();
        return decoder.Prefill(state);
    }

    /// <inheritdoc/>
    public ArrayView<float> Step(DecodingState state)
    {
        if (chosen < written.Count)
        {
            var right = run.Workspace.Chosen.Host[0] == written[chosen];
            lookahead.Checked(right);
            if (right)
                return Row(++chosen);
        }
        Forget();
        // The last token that the length allows has no other behind it.
        var tokens = Math.Min(lookahead.Tokens, run.Workspace.Limits.Host[0] - state.KeyTokens - 1);
        return tokens < 1 ? Alone(state) : Verified(state, tokens);
    }

    private ArrayView<float> Alone(DecodingState state)
    {
        var start = Stopwatch.GetTimestamp();
        var alone = decoder.Step(state);
        if (lookahead.TimesSteps)
            Device.Synchronize();
        lookahead.Stepped(Stopwatch.GetElapsedTime(start));
        return alone;
    }

    private ArrayView<float> Verified(DecodingState state, int tokens)
    {
        var start = Stopwatch.GetTimestamp();
        Write(tokens);
        var ahead = Stopwatch.GetTimestamp();
        lookahead.Drafted(written.Count, Stopwatch.GetElapsedTime(start, ahead));
        // Behind the stop token nothing is asked for.
        if (written[^1] == run.Specials.Stop)
            written.RemoveAt(written.Count - 1);
        if (written.Count == 0)
            return decoder.Step(state);
        logits = decoder.Steps(state, run.Workspace.WithNext(written));
        Device.Synchronize();
        lookahead.Verified(written.Count + 1, Stopwatch.GetElapsedTime(ahead));
        return Row(0);
    }

    // The draft continues from the chosen token, with its copy of all inputs of the rules.
    private void Write(int tokens)
    {
        draft.Workspace.TakeOver(run.Workspace);
        while (written.Count < tokens && (written.Count == 0 || written[^1] != run.Specials.Stop))
        {
            search.Choose(decoder.DraftStep(draft.State), 1);
            Device.Synchronize();
            written.Add(draft.Workspace.Chosen.Host[0]);
        }
    }

    private ArrayView<float> Row(int row) => logits.SubView((long)row * VocabularySize, VocabularySize);

    private void Forget()
    {
        written.Clear();
        chosen = 0;
    }
}
