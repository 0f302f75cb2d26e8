using System.Text.Json.Nodes;
using Blip.Datasets.Files;

namespace Blip.Datasets.Writing;

/// <summary>Writes Hugging Face's imagefolder: <c>SHARD/key.ext</c> and <c>SHARD/metadata.jsonl</c>.</summary>
internal sealed class ImageFolderWriter : IDatasetWriter
{
    private static readonly byte[] LineEnd = [(byte)'\n'];

    private readonly string folder;
    private readonly string shard;
    private readonly FileStream metadata;
    private readonly Keys.Unique keys = new(StringComparer.OrdinalIgnoreCase);

    public ImageFolderWriter(string folder, string shard)
    {
        (this.folder, this.shard) = (folder, ShardFiles.Checked(shard));
        ShardFiles.MakeEmpty(Temporary);
        metadata = new FileStream(Path.Combine(Temporary, "metadata.jsonl"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
    }

    private string Temporary => Path.Combine(folder, shard + ShardFiles.Temporary);

    public async Task WriteAsync(WrittenSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var image = sample.Image.Read();
        var extension = ShardFiles.ExtensionOf(sample.Image, image);
        var file = keys.Next(Keys.Safe(sample.Key)) + extension;
        await ShardFiles.WriteAsync(Path.Combine(Temporary, file), image, cancellationToken).ConfigureAwait(false);
        await metadata.WriteAsync(SampleJson.Bytes(Line(file, sample)), cancellationToken).ConfigureAwait(false);
        await metadata.WriteAsync(LineEnd, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<string>> CommitAsync(CancellationToken cancellationToken = default)
    {
        metadata.Flush(flushToDisk: true);
        await metadata.DisposeAsync().ConfigureAwait(false);
        ShardFiles.Publish(Temporary, Path.Combine(folder, shard));
        return [shard];
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await metadata.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // A full disk may refuse the rest of a discarded file.
        }
        ShardFiles.Delete(Temporary);
    }

    private static JsonObject Line(string file, WrittenSample sample)
    {
        var line = new JsonObject { ["file_name"] = file, ["text"] = sample.Texts.Count > 0 ? sample.Texts[0].Text : null };
        var fields = SampleJson.Of(sample);
        fields.Remove(Captions.Field, out var captions);
        line[Captions.Field] = captions;
        foreach (var (name, value) in fields)
            line.TryAdd(name, value?.DeepClone());
        return line;
    }
}
