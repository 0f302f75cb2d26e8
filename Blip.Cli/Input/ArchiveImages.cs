using Blip.Datasets;
using Blip.Datasets.Parquet;
using Blip.Datasets.Webdataset;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Input;

/// <summary>The images of a webdataset tar or a Parquet file: listed at once, read when needed.</summary>
internal static class ArchiveImages
{
    /// <summary>Whether a file's name is an archive's.</summary>
    public static bool IsArchive(ImageSource source) =>
        source.IsFile && Path.GetExtension(source.Name).ToLowerInvariant() is ".tar" or ".parquet" && File.Exists(source.Name);

    /// <summary>The images of an archive. A damaged one gives its complete images, then a failure.</summary>
    public static IEnumerable<ImageSource> List(string path)
    {
        try
        {
            var images = Path.GetExtension(path).Equals(".tar", StringComparison.OrdinalIgnoreCase) ? OfTar(path) : OfParquet(path);
            return images.Count > 0 ? images : [InputExpansion.Failing(path, "the file holds no images")];
        }
        catch (DatasetException e)
        {
            return [InputExpansion.Failing(path, e.Message)];
        }
    }

    private static List<ImageSource> OfTar(string path)
    {
        var tar = WebdatasetImages.List(path);
        var images = tar.Images.Select(image => Image(path, image.Name, () => WebdatasetImages.Read(path, image))).ToList();
        if (tar.Fault is not null)
            images.Add(InputExpansion.Failing(path, tar.Fault));
        return images;
    }

    private static List<ImageSource> OfParquet(string path) =>
        [.. ParquetImages.Open(path).Select(image => Image(path, image.Name, image.Read))];

    private static ImageSource Image(string path, string name, Func<byte[]> read) =>
        ImageSource.FromStream(() => new MemoryStream(Read(read)), $"{path}/{name}");

    // A damaged image fails alone.
    private static byte[] Read(Func<byte[]> read)
    {
        try
        {
            return read();
        }
        catch (DatasetException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}
