using System.Text.Json.Nodes;
using Blip.Datasets.Files;

namespace Blip.Datasets.Writing;

/// <summary>
/// Writes <c>SHARD.json</c>, BLIP's list of <c>{"image", "caption"}</c> with an entry for each text. Images inside other files go to
/// <c>SHARD/key.ext</c>.
/// </summary>
internal sealed class JsonListWriter : IDatasetWriter
{
    private readonly string folder;
    private readonly string shard;
    private readonly FileStream list;
    private readonly Keys.Unique keys = new(StringComparer.OrdinalIgnoreCase);
    private bool any;
    private bool anyImage;

    public JsonListWriter(string folder, string shard)
    {
        (this.folder, this.shard) = (folder, ShardFiles.Checked(shard));
        ShardFiles.Delete(Images);
        list = new FileStream(Temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        list.Write("["u8);
    }

    private string Temporary => Path.Combine(folder, shard + ".json" + ShardFiles.Temporary);

    private string Images => Path.Combine(folder, shard + ShardFiles.Temporary);

    public async Task WriteAsync(WrittenSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var image = sample.Image.Path is { } path
            ? Path.GetFullPath(path)
            : await CopyAsync(sample, cancellationToken).ConfigureAwait(false);
        foreach (var text in sample.Texts)
        {
            var entry = new JsonObject { ["image"] = image, ["caption"] = text.Text };
            list.Write(any ? ",\n"u8 : "\n"u8);
            list.Write(SampleJson.Bytes(entry));
            any = true;
        }
    }

    public async Task<IReadOnlyList<string>> CommitAsync(CancellationToken cancellationToken = default)
    {
        list.Write("\n]\n"u8);
        list.Flush(flushToDisk: true);
        await list.DisposeAsync().ConfigureAwait(false);
        // Images come first: a list never names a missing one.
        if (anyImage)
            ShardFiles.Publish(Images, Path.Combine(folder, shard));
        File.Move(Temporary, Path.Combine(folder, shard + ".json"), overwrite: true);
        return anyImage ? [shard, shard + ".json"] : [shard + ".json"];
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await list.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // A full disk may refuse the rest of a discarded file.
        }
        ShardFiles.Delete(Temporary);
        ShardFiles.Delete(Images);
    }

    private async Task<string> CopyAsync(WrittenSample sample, CancellationToken cancellationToken)
    {
        var bytes = sample.Image.Read();
        var extension = ShardFiles.ExtensionOf(sample.Image, bytes);
        var file = keys.Next(Keys.Safe(sample.Key)) + extension;
        await ShardFiles.WriteAsync(Path.Combine(Images, file), bytes, cancellationToken).ConfigureAwait(false);
        anyImage = true;
        return $"{shard}/{file}";
    }
}
