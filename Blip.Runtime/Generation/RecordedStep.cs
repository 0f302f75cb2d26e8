using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>
/// The decoding step of a workspace: the model over one token of each row, the rules, the choice, and the copy of the tokens to the host. What
/// changes from step to step (tokens, positions, lengths, cache rows of beams) lies in device memory, so that on CUDA one capture serves every
/// step, of this run and of the next ones: a token is one launch. It is taken anew when anything changes that is written into it: the decoder's
/// plan, the options, or an address.
/// </summary>
internal sealed class RecordedStep(Device device) : IDisposable
{
    private Identity? seen;
    private CapturedWork? captured;

    /// <summary>Queues one step.</summary>
    /// <param name="step">The step, run as it is where it cannot or need not be captured.</param>
    /// <param name="decoder">Whose step it is.</param>
    /// <param name="options">The step's options; the same object for all runs with the same options.</param>
    /// <param name="specials">The model's start, stop and pad tokens.</param>
    /// <param name="staysOnDevice">Whether the host reads nothing before the step has ended; no other can be captured.</param>
    public void Run(Action step, ITextDecoder decoder, GenerationOptions options, SpecialTokens specials, bool staysOnDevice)
    {
        if (!device.Captures || !staysOnDevice || decoder.StepIdentity is not { } plan)
        {
            step();
            return;
        }
        var wanted = new Identity(plan, options, specials, device.Releases);
        if (wanted != seen)
        {
            // The first time compiles kernels, times tiles and finds memory, which no capture may.
            Forget();
            step();
            seen = wanted with { Releases = device.Releases };
            return;
        }
        captured ??= device.Capture(step);
        captured.Launch();
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    private void Forget()
    {
        captured?.Dispose();
        (captured, seen) = (null, null);
    }

    // Two objects of equal worth may stand on different memory: all but numbers are compared as objects.
    private readonly record struct Identity(object Plan, GenerationOptions Options, SpecialTokens Specials, long Releases)
    {
        public bool Equals(Identity other) =>
            ReferenceEquals(Plan, other.Plan) && ReferenceEquals(Options, other.Options) && Specials == other.Specials && Releases == other.Releases;

        public override int GetHashCode() => HashCode.Combine(Specials, Releases);
    }
}
