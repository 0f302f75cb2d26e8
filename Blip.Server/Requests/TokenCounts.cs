using Blip.Runtime.Pipelines;

namespace Blip.Server.Requests;

/// <summary>How many tokens a model reads.</summary>
internal static class TokenCounts
{
    /// <summary>Tokens of a text, without the special ones around it.</summary>
    public static int Of(Pipeline pipeline, string? text) => string.IsNullOrEmpty(text) ? 0 : pipeline.Host.Tokenizer?.Encode(text).Length ?? 0;

    /// <summary>Tokens of an image: its patches, and the class token.</summary>
    public static int OfImage(Pipeline pipeline)
    {
        var (patch, size) = (pipeline.Config.Vision.PatchSize, pipeline.Host.Preprocessor.Processing);
        return 1 + (size.Height / patch * (size.Width / patch));
    }

    /// <summary>Most new tokens that fit behind a prompt.</summary>
    /// <param name="pipeline">The model.</param>
    /// <param name="prompt">Tokens of the prompt, the start token not counted.</param>
    public static int Room(Pipeline pipeline, int prompt) => pipeline.Config.Text.MaxPositions - prompt - 1;
}
