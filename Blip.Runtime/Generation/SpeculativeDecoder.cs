using System.Diagnostics;
using Blip.Kernels.Devices;
using Blip.Runtime.Models;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Generation;

/// <summary>
/// Speculative decoding of one sequence (Leviathan et al. 2023; Chen et al. 2023). A draft writes tokens ahead by the call's rules and
/// draws; one decoder run gives the logits after each. Steps return these logits while the drafted tokens equal the chosen ones. The
/// choices are therefore the same as without a draft, bit for bit.
/// </summary>
internal sealed class SpeculativeDecoder(IDraftedDecoder decoder, GenerationContext run, GenerationContext draft, Lookahead lookahead)
    : ITextDecoder
{
    private readonly TokenSearch search = new(draft, [], onToken: null, ends: null);

    // The drafted tokens of the last decoder run, and how many of them were chosen since.
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
        // The last token that the length allows needs no draft after it.
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
        // Nothing after the stop token is needed.
        if (written[^1] == run.Specials.Stop)
            written.RemoveAt(written.Count - 1);
        if (written.Count == 0)
            return decoder.Step(state);
        logits = decoder.Steps(state, run.Workspace.WithNext(written));
        Device.Synchronize();
        lookahead.Verified(written.Count + 1, Stopwatch.GetElapsedTime(ahead));
        return Row(0);
    }

    // The draft continues from the chosen token with a copy of the rules' inputs.
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
