using Blip.Runtime.Pipelines;

namespace Blip.Cli.Input;

/// <summary>
/// Pairs of images with a sentence each, from a file: the left image, the right one and the sentence, with tabs between them.
/// </summary>
internal static class PairFile
{
    /// <summary>Reads the lines that hold something.</summary>
    /// <param name="option">The option that names the file, for errors.</param>
    /// <param name="path">The file; <c>-</c> is standard input.</param>
    /// <param name="openInput">Opens standard input.</param>
    /// <exception cref="UsageException">It cannot be read, holds nothing, or a line is no pair.</exception>
    public static List<ImagePair> Read(string option, string path, Func<Stream> openInput) =>
        [.. Lines.Read(option, path, openInput).Select(line => line.Split('\t') switch
        {
            [{ Length: > 0 } left, { Length: > 0 } right, { Length: > 0 } sentence] => new ImagePair(left, right, sentence),
            var fields => throw new UsageException(
                $"{option} is '{path}', and '{line}' has {fields.Length} fields: "
                + "a line is the left image, the right image and the sentence, with a tab between each."),
        })];
}
