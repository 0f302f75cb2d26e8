using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>One image that waits for its caption.</summary>
/// <param name="image">Its pixels.</param>
/// <param name="whenUploaded">Called when the pixels are needed no more.</param>
/// <param name="plan">How its words are chosen.</param>
/// <param name="onToken">Called for each token as it is chosen; null for nothing.</param>
/// <param name="cancellationToken">Ends the call.</param>
internal sealed class CaptionCall(
    DecodedImage image, Action whenUploaded, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    : PendingCall<Caption>(cancellationToken)
{
    /// <summary>The image; without pixels once they are on the device.</summary>
    public DecodedImage Image { get; private set; } = image;

    /// <summary>How its words are chosen.</summary>
    public CaptionPlan Plan => plan;

    /// <summary>Token ids that its caption begins with.</summary>
    public int[] Prompt { get; } = plan.Prompt(image.Source);

    /// <summary>The longest caption in tokens, prompt counted.</summary>
    public int Longest => plan.Generation.LengthLimit(Prompt.Length);

    /// <summary>Called for each token as it is chosen; null for nothing.</summary>
    public Action<GeneratedToken>? OnToken => onToken;

    /// <summary>Lets the pixels go, which are on the device.</summary>
    public void Uploaded()
    {
        Image = Image with { Image = null };
        whenUploaded();
    }

    /// <summary>Ends the call with its result.</summary>
    public void Complete(CaptionResult result)
    {
        if (result.Succeeded)
            Complete(result.Caption);
        else
            Fail(new ImageException(result.Error));
    }
}
