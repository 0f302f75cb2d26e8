using Blip.Runtime.Pipelines;

namespace Blip.Server.Requests;

internal static class TokenCounts
{
    /// <summary>A text's tokens, without special tokens.</summary>
    public static int Of(Pipeline pipeline, string? text) =>
        string.IsNullOrEmpty(text) ? 0 : pipeline.Host.Tokenizer?.Encode(text).Length ?? 0;

    /// <summary>An image's patches and class token.</summary>
    public static int OfImage(Pipeline pipeline)
    {
        var (patch, size) = (pipeline.Config.Vision.PatchSize, pipeline.Host.Preprocessor.Processing);
        return 1 + (size.Height / patch * (size.Width / patch));
    }

    /// <summary>Most new tokens after a prompt of so many tokens, without the start token.</summary>
    public static int Room(Pipeline pipeline, int prompt) => pipeline.Config.Text.MaxPositions - prompt - 1;
}
