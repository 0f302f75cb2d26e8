using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>
/// A workspace's decoding step: model, rules, choice, and download of the tokens. Everything that changes between steps (tokens,
/// positions, lengths, cache rows of beams) is in device memory. On CUDA one capture therefore serves the steps of this and later runs. A
/// change of the decoder's plan, the options or an address requires a new capture.
/// </summary>
internal sealed class RecordedStep(Device device) : IDisposable
{
    private Identity? seen;
    private CapturedWork? captured;

    /// <summary>
    /// Queues one step, directly if it cannot be captured. Runs with the same options must pass the same object. Only a step whose results
    /// the host reads after its end can be captured.
    /// </summary>
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
            // The first run compiles kernels, times tiles and allocates, which a capture must not.
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

    // Equal objects may refer to different memory: references are compared.
    private readonly record struct Identity(object Plan, GenerationOptions Options, SpecialTokens Specials, long Releases)
    {
        public bool Equals(Identity other) =>
            ReferenceEquals(Plan, other.Plan) && ReferenceEquals(Options, other.Options) && Specials == other.Specials
                && Releases == other.Releases;

        public override int GetHashCode() => HashCode.Combine(Specials, Releases);
    }
}
