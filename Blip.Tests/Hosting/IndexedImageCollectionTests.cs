using Blip.Extensions.AI.VectorData;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Retrieval;
using Blip.Tests.Cli;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Blip.Tests.Hosting;

/// <summary>An index as a collection of Microsoft.Extensions.VectorData: the cases of its conformance tests.</summary>
public sealed class IndexedImageCollectionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Matcher matcher =
        Matcher.Load(Path.Combine(AppContext.BaseDirectory, "weights", "retrieval"), new MatcherOptions { Device = "cpu" });
    private readonly Retriever retriever;
    private readonly IndexedImageCollection collection;

    public IndexedImageCollectionTests()
    {
        retriever = Retriever.Open(matcher, Path.Combine(folder.Path, "images.index"));
        collection = new IndexedImageCollection(retriever, matcher.Embedder);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        retriever.Dispose();
        matcher.Dispose();
        folder.Dispose();
    }

    private async Task<IndexedImage> Of(int sample, string? id = null) => new()
    {
        Id = id ?? $"{sample}",
        Vector = await matcher.Embedder.EmbedImageAsync(Demo.Paths[sample], Token),
        Length = sample,
        Modified = new DateTimeOffset(2026, 1, 1 + sample, 0, 0, 0, TimeSpan.Zero),
    };

    [Fact]
    public async Task A_record_is_upserted_got_overwritten_and_deleted()
    {
        Assert.Null(await collection.GetAsync("0", cancellationToken: Token));
        var record = await Of(0);
        await collection.UpsertAsync(record, Token);
        var plain = await collection.GetAsync("0", cancellationToken: Token);
        Assert.Equal(("0", 0L, record.Modified, 0), (plain!.Id, plain.Length, plain.Modified, plain.Vector.Length));
        Assert.Equal(record.Vector.ToArray(),
            (await collection.GetAsync("0", new RecordRetrievalOptions { IncludeVectors = true }, Token))!.Vector.ToArray());

        var other = await Of(1, "0");
        await collection.UpsertAsync(other, Token);
        Assert.Equal(1, (await collection.GetAsync("0", cancellationToken: Token))!.Length);
        Assert.Equal(1, retriever.Index.Count);

        await collection.DeleteAsync("0", Token);
        await collection.DeleteAsync("never there", Token);
        Assert.Null(await collection.GetAsync("0", cancellationToken: Token));
    }

    [Fact]
    public async Task Many_records_go_in_and_out_together()
    {
        await collection.UpsertAsync([await Of(0), await Of(1), await Of(2), await Of(3, "0")], Token);
        Assert.Equal(3, retriever.Index.Count);
        Assert.Equal(["2", "0"], await collection.GetAsync((string[])["2", "no", "0"], cancellationToken: Token).Select(record => record.Id)
            .ToListAsync(Token));
        Assert.Equal(3, (await collection.GetAsync("0", cancellationToken: Token))!.Length);
        await collection.DeleteAsync((string[])["0", "1", "no"], Token);
        Assert.Equal(["2"], retriever.Index.Entries().Select(entry => entry.Id));
    }

    [Fact]
    public async Task Records_are_filtered_ordered_and_paged()
    {
        await collection.UpsertAsync(await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Of(i))), Token);
        var options = new FilteredRecordRetrievalOptions<IndexedImage>
        {
            Skip = 1,
            IncludeVectors = true,
            OrderBy = order => order.Descending(record => record.Length),
        };
        var found = await collection.GetAsync(record => record.Length >= 2, 2, options, Token).ToListAsync(Token);
        Assert.Equal(["4", "3"], found.Select(record => record.Id));
        Assert.All(found, record =>
            Assert.Equal(collection.GetService(typeof(EmbeddingIndex)) is EmbeddingIndex index ? index.Dimension : 0,
                record.Vector.Length));
        Assert.Empty(await collection.GetAsync(record => record.Id == "no", 5, cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Words_images_and_vectors_find_the_nearest_first()
    {
        await collection.UpsertAsync(await Task.WhenAll(Enumerable.Range(0, Demo.Paths.Length).Select(i => Of(i))), Token);
        var byVector = await collection.SearchAsync((await Of(4)).Vector, 3, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(("4", 3), (byVector[0].Record.Id, byVector.Count));
        Assert.Equal(1, byVector[0].Score!.Value, 5);
        Assert.True(byVector[0].Score >= byVector[1].Score && byVector[1].Score >= byVector[2].Score);
        Assert.Equal(0, byVector[0].Record.Vector.Length);

        Assert.Equal("4",
            (await collection.SearchAsync(ImageSource.FromFile(Demo.Paths[4]), 1, cancellationToken: Token).SingleAsync(Token)).Record.Id);
        Assert.Equal("4",
            (await collection.SearchAsync(new DataContent(File.ReadAllBytes(Demo.Paths[4]), "image/png"), 1, cancellationToken: Token)
            .SingleAsync(Token)).Record.Id);
        var words = await collection.SearchAsync("a large white ring on a cyan background", 12, cancellationToken: Token)
            .ToListAsync(Token);
        Assert.Equal(
            (await retriever.SearchAsync("a large white ring on a cyan background", new SearchOptions { Top = 12 }, Token))
                .Select(hit => hit.Cosine),
            words.Select(result => result.Score!.Value));

        var paged = await collection.SearchAsync(
            (await Of(4)).Vector, 2, new() { Skip = 1, IncludeVectors = true, VectorProperty = record => record.Vector }, Token)
            .ToListAsync(Token);
        Assert.Equal(byVector.Skip(1).Select(result => result.Record.Id), paged.Select(result => result.Record.Id));
        Assert.All(paged, result => Assert.NotEqual(0, result.Record.Vector.Length));
        var filtered = await collection.SearchAsync((await Of(4)).Vector, 2, new() { Filter = record => record.Length > 9 }, Token)
            .ToListAsync(Token);
        Assert.Equal(["10", "11"], filtered.Select(result => result.Record.Id).Order());
        Assert.Equal("4",
            (await collection.SearchAsync((await Of(4)).Vector, 12, new() { ScoreThreshold = 0.9999 }, Token)
            .SingleAsync(Token)).Record.Id);
    }

    [Fact]
    public async Task A_deleted_collection_is_empty_and_can_be_made_again()
    {
        await collection.UpsertAsync(await Of(0), Token);
        Assert.True(await collection.CollectionExistsAsync(Token));
        await collection.EnsureCollectionDeletedAsync(Token);
        await collection.EnsureCollectionDeletedAsync(Token);
        Assert.False(await collection.CollectionExistsAsync(Token));
        Assert.Null(await collection.GetAsync("0", cancellationToken: Token));
        var refused = await Assert.ThrowsAsync<VectorStoreException>(async () => await collection.UpsertAsync(await Of(0), Token));
        Assert.Equal(("blip", "images.index", "UpsertAsync"),
            (refused.VectorStoreSystemName, refused.CollectionName, refused.OperationName));
        await collection.EnsureCollectionExistsAsync(Token);
        Assert.Empty(await collection.SearchAsync("a star", 3, cancellationToken: Token).ToListAsync(Token));
        await collection.UpsertAsync(await Of(0), Token);
        Assert.Equal(1, retriever.Index.Count);
    }

    [Fact]
    public async Task What_cannot_be_done_is_told()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => collection.UpsertAsync(new IndexedImage { Id = "x" }, Token));
        await Assert.ThrowsAsync<NotSupportedException>(
            async () => await collection.SearchAsync(42, 1, cancellationToken: Token).ToListAsync(Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await collection.SearchAsync("a star", 0, cancellationToken: Token).ToListAsync(Token));
        var record = await Of(0);
        await collection.UpsertAsync(record, Token);
        retriever.Dispose();
        using var reading = Retriever.OpenRead(matcher, Path.Combine(folder.Path, "images.index"));
        var fixedCollection = new IndexedImageCollection(reading, matcher.Embedder);
        Assert.NotNull(await fixedCollection.GetAsync("0", cancellationToken: Token));
        await Assert.ThrowsAsync<VectorStoreException>(() => fixedCollection.UpsertAsync(record, Token));
        Assert.Equal("images.index", (
            (VectorStoreCollectionMetadata)fixedCollection.GetService(typeof(VectorStoreCollectionMetadata))!).CollectionName);
    }
}
