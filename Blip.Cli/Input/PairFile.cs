using Blip.Runtime.Pipelines;

namespace Blip.Cli.Input;

/// <summary>Pairs of images with sentences: lines of left image, right image and sentence, separated by tabs.</summary>
internal static class PairFile
{
    /// <summary>Reads the lines with text. The path <c>-</c> is standard input; errors name <paramref name="option"/>.</summary>
    /// <exception cref="UsageException">The file cannot be read or is empty, or a line is no pair.</exception>
    public static List<ImagePair> Read(string option, string path, Terminal terminal) =>
        [.. Lines.Read(option, path, terminal).Select(line => line.Split('\t') switch
        {
            [{ Length: > 0 } left, { Length: > 0 } right, { Length: > 0 } sentence] => new ImagePair(left, right, sentence),
            var fields => throw new UsageException(
                $"{option} is '{path}', and '{line}' has {fields.Length} fields: "
                + "a line is the left image, the right image and the sentence, with a tab between each."),
        })];
}
