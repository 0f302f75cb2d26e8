using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Runtime.Models;

/// <summary>A captioner's draft: the decoder's matrices again in 8 bits, and when to load them (decision 153).</summary>
internal sealed class CaptionDraft
{
    /// <summary>
    /// Steps of single captions after which <see cref="DraftMode.Auto"/> loads the draft: by then it would have paid for its loading.
    /// </summary>
    internal const int StepsBeforeAuto = 96;

    private readonly ModelContext context;
    private readonly CachedDecoder decoder;
    private readonly CaptioningGraphs graphs;
    private bool waits;
    private int steps;

    public CaptionDraft(ModelContext context, CachedDecoder decoder, CaptioningGraphs graphs, ModelOptions options)
    {
        (this.context, this.decoder, this.graphs) = (context, decoder, graphs);
        var refusal = Refusal(context.Device, options.Precision);
        switch (options.Draft)
        {
            case DraftMode.Auto:
                waits = refusal is null && context.Device.Kind == DeviceKind.Cpu;
                break;
            case DraftMode.Off:
                break;
            case DraftMode.Int8 when refusal is not null:
                context.Tell(refusal);
                break;
            case DraftMode.Int8:
                Make();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.Draft, "There is no such draft.");
        }
    }

    public void Count(DecodingState state)
    {
        if (waits && state.Rows == 1)
            steps++;
    }

    /// <summary>Whether there is a draft; loads it when due.</summary>
    public bool IsThere()
    {
        if (waits && steps >= StepsBeforeAuto)
        {
            waits = false;
            try
            {
                Make();
            }
            catch (Exception e) when (e is OutOfMemoryException or DeviceException)
            {
                context.Tell($"captions have no draft, for which there is no memory: {e.Message}");
            }
        }
        return decoder.Drafter is not null;
    }

    private void Make() => decoder.Drafter = context.LoadAgain(graphs.Step(), DType.Int8);

    private static string? Refusal(Device device, Precision precision) =>
        precision != Precision.Fp32
            ? $"captions have no draft: it is for fp32, and the decoder's weights are in {precision.ToString().ToLowerInvariant()}"
        : !Attention.IsBatchInvariant(KernelTarget.Of(device))
            ? $"captions have no draft: on {device.Description.Id} one token and several differ in their last bits"
        : null;
}
