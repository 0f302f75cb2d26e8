using Blip.Datasets.Files;

namespace Blip.Datasets.Writing;

/// <summary>Writes <c>SHARD/key.ext</c> with a <c>.txt</c> and a <c>.json</c>.</summary>
internal sealed class FolderWriter : IDatasetWriter
{
    private readonly string folder;
    private readonly string shard;
    // File systems may ignore case; no file may be lost.
    private readonly Keys.Unique keys = new(StringComparer.OrdinalIgnoreCase);

    public FolderWriter(string folder, string shard)
    {
        (this.folder, this.shard) = (folder, ShardFiles.Checked(shard));
        ShardFiles.MakeEmpty(Temporary);
    }

    private string Temporary => Path.Combine(folder, shard + ShardFiles.Temporary);

    public async Task WriteAsync(WrittenSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var image = sample.Image.Read();
        var extension = ShardFiles.ExtensionOf(sample.Image, image);
        var path = Path.Combine(Temporary, keys.Next(Keys.Safe(sample.Key)));
        await ShardFiles.WriteAsync(path + extension, image, cancellationToken).ConfigureAwait(false);
        if (sample.Texts.Count > 0)
            await ShardFiles.WriteAsync(path + ".txt", SampleJson.Bytes(sample.Texts[0].Text), cancellationToken).ConfigureAwait(false);
        await ShardFiles.WriteAsync(path + ".json", SampleJson.Bytes(SampleJson.Of(sample)), cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<string>> CommitAsync(CancellationToken cancellationToken = default)
    {
        ShardFiles.Publish(Temporary, Path.Combine(folder, shard));
        return Task.FromResult<IReadOnlyList<string>>([shard]);
    }

    public ValueTask DisposeAsync()
    {
        ShardFiles.Delete(Temporary);
        return ValueTask.CompletedTask;
    }
}
