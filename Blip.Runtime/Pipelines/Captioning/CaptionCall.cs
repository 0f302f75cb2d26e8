using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;

namespace Blip.Runtime.Pipelines;

/// <summary>One image that waits for its caption.</summary>
internal sealed class CaptionCall(
    DecodedImage image, Action whenUploaded, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    : PendingCall<Caption>(cancellationToken)
{
    /// <summary>The image; without pixels once they are on the device.</summary>
    public DecodedImage Image { get; private set; } = image;

    public CaptionPlan Plan => plan;

    public int[] Prompt { get; } = plan.Prompt(image.Source);

    /// <summary>The longest caption in tokens, with the prompt.</summary>
    public int Longest => plan.Generation.LengthLimit(Prompt.Length);

    /// <summary>Called for each token as it is chosen; null for nothing.</summary>
    public Action<GeneratedToken>? OnToken => onToken;

    /// <summary>Releases the pixels, which are on the device.</summary>
    public void Uploaded()
    {
        Image = Image with { Image = null };
        whenUploaded();
    }

    public void Complete(CaptionResult result)
    {
        if (result.Succeeded)
            Complete(result.Caption);
        else
            Fail(new ImageException(result.Error));
    }
}
