using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Runtime.Models;

/// <summary>When a captioner's decoder has a draft, and its weights: the decoder's matrices once more, in 8 bits (decision 153).</summary>
internal sealed class CaptionDraft
{
    /// <summary>
    /// Steps of single captions after which <see cref="DraftMode.Auto"/> makes the draft: by then it would have saved about as much time as it takes to make.
    /// </summary>
    internal const int StepsBeforeAuto = 96;

    private readonly ModelContext context;
    private readonly CachedDecoder decoder;
    private readonly CaptioningGraphs graphs;
    private bool waits;
    private int steps;

    /// <param name="context">The model's.</param>
    /// <param name="decoder">Gets the draft.</param>
    /// <param name="graphs">The model's.</param>
    /// <param name="options">The options.</param>
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

    /// <summary>Counts a step without a draft.</summary>
    public void Count(DecodingState state)
    {
        if (waits && state.Rows == 1)
            steps++;
    }

    /// <summary>Whether the draft is there; makes it where its time has come.</summary>
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
        precision != Precision.Fp32 ? $"captions have no draft: it is for fp32, and the decoder's weights are in {precision.ToString().ToLowerInvariant()}"
        : !Attention.IsBatchInvariant(KernelTarget.Of(device)) ? $"captions have no draft: on {device.Description.Id} one token and several differ in their last bits"
        : null;
}
