using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Retrieval;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.VectorData;

namespace Blip.Extensions.AI.VectorData;

/// <summary>
/// An index of images behind <see cref="VectorStoreCollection{TKey, TRecord}"/>: get, upsert, delete, and
/// exact search by text, image or vector. The caller disposes the retriever.
/// </summary>
public sealed class IndexedImageCollection : VectorStoreCollection<string, IndexedImage>
{
    private const string System = "blip";

    private readonly Retriever retriever;
    private readonly IEmbedder embedder;
    private volatile bool isDeleted;

    /// <param name="retriever">Opened for writing if records are upserted or deleted.</param>
    /// <param name="embedder">The index's embedder.</param>
    /// <exception cref="ArgumentException">The embedder's dimension is not the index's.</exception>
    public IndexedImageCollection(Retriever retriever, IEmbedder embedder)
    {
        ArgumentNullException.ThrowIfNull(retriever);
        ArgumentNullException.ThrowIfNull(embedder);
        if (embedder.Dimension != retriever.Index.Dimension)
            throw new ArgumentException(
                $"The embedder makes vectors of {embedder.Dimension}, and the index holds vectors of {retriever.Index.Dimension}.",
                nameof(embedder));
        (this.retriever, this.embedder) = (retriever, embedder);
    }

    /// <summary>The name of the index's file, without its folder.</summary>
    public override string Name => Path.GetFileName(Index.Path);

    private EmbeddingIndex Index => retriever.Index;

    /// <inheritdoc/>
    public override Task<bool> CollectionExistsAsync(CancellationToken cancellationToken = default) => Task.FromResult(!isDeleted);

    /// <inheritdoc/>
    public override Task EnsureCollectionExistsAsync(CancellationToken cancellationToken = default)
    {
        isDeleted = false;
        return Task.CompletedTask;
    }

    /// <summary>Removes every entry. The files stay; <see cref="EnsureCollectionExistsAsync"/> restores the collection.</summary>
    /// <inheritdoc/>
    public override Task EnsureCollectionDeletedAsync(CancellationToken cancellationToken = default) => ChangeAsync(
        () =>
        {
            Index.Remove([.. Index.Entries().Select(entry => entry.Id)]);
            isDeleted = true;
        },
        nameof(EnsureCollectionDeletedAsync), cancellationToken);

    /// <inheritdoc/>
    public override Task<IndexedImage?> GetAsync(
        string key, RecordRetrievalOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Task.FromResult(!isDeleted && Index.TryGet(key, out var entry) ? Record(entry, options?.IncludeVectors == true) : null);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<IndexedImage> GetAsync(
        Expression<Func<IndexedImage, bool>> filter, int top, FilteredRecordRetrievalOptions<IndexedImage>? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new FilteredRecordRetrievalOptions<IndexedImage>();
        var fits = filter.Compile();
        IEnumerable<IndexedImage> found = isDeleted ? [] : Index.Entries().Select(entry => Record(entry, withVector: false)).Where(fits);
        foreach (var record in Ordered(found, options).Skip(options.Skip).Take(top))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return options.IncludeVectors ? WithVector(record) : record;
        }
        await Task.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task DeleteAsync(string key, CancellationToken cancellationToken = default) => DeleteAsync([key], cancellationToken);

    /// <inheritdoc/>
    public override Task DeleteAsync(IEnumerable<string> keys, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return ChangeAsync(() => Index.Remove(keys), nameof(DeleteAsync), cancellationToken);
    }

    /// <inheritdoc/>
    public override Task UpsertAsync(IndexedImage record, CancellationToken cancellationToken = default) =>
        UpsertAsync([record], cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A vector is missing, not of length 1, or of another dimension.</exception>
    public override Task UpsertAsync(IEnumerable<IndexedImage> records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(records);
        // Of equal names the last one counts.
        var list = records.GroupBy(record => record.Id, StringComparer.Ordinal).Select(group => group.Last()).ToList();
        foreach (var record in list)
        {
            if (record.Vector.Length != Index.Dimension)
                throw new ArgumentException(
                    $"The vector of '{record.Id}' holds {record.Vector.Length} values; an embedder gives {Index.Dimension}.",
                    nameof(records));
        }
        var entries = list.ConvertAll(record => new IndexEntry(record.Id, record.Length, record.Modified?.UtcTicks ?? 0));
        var values = list.SelectMany(record => record.Vector.ToArray()).ToArray();
        return ChangeAsync(() => Index.Add(entries, values), nameof(UpsertAsync), cancellationToken);
    }

    /// <summary>
    /// Finds the images nearest to a text (<see cref="string"/>), an image (<see cref="ImageSource"/>,
    /// <see cref="DataContent"/>) or a vector, exactly; scores are cosines.
    /// </summary>
    /// <inheritdoc/>
    public override async IAsyncEnumerable<VectorSearchResult<IndexedImage>> SearchAsync<TInput>(
        TInput searchValue, int top, VectorSearchOptions<IndexedImage>? options =
            null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        options ??= new VectorSearchOptions<IndexedImage>();
        if (options.VectorProperty is { Body: var body }
            && !body.ToString().EndsWith($".{nameof(IndexedImage.Vector)}, Object)", StringComparison.Ordinal)
            && !body.ToString().EndsWith($".{nameof(IndexedImage.Vector)}", StringComparison.Ordinal))
            throw new NotSupportedException($"VectorProperty is {body}: an image has one vector, {nameof(IndexedImage.Vector)}.");
        var query = await VectorOfAsync(searchValue, cancellationToken).ConfigureAwait(false);
        if (isDeleted || Index.Count == 0)
            yield break;
        // A filter may exclude any number of the nearest.
        var wanted = options.Filter is null ? (int)Math.Min((long)top + options.Skip, Index.Count) : Index.Count;
        var fits = options.Filter?.Compile() ?? (_ => true);
        var hits = await retriever.NearestAsync(query, wanted, cancellationToken).ConfigureAwait(false);
        var results = hits.Select(hit => (Record: Record(hit.Entry, withVector: false), hit.Score))
            .Where(hit => fits(hit.Record) && (options.ScoreThreshold is not { } least || hit.Score >= least))
            .Skip(options.Skip)
            .Take(top);
        foreach (var (record, score) in results)
            yield return new VectorSearchResult<IndexedImage>(options.IncludeVectors ? WithVector(record) : record, score);
    }

    /// <summary>The retriever, its index, the embedder, or the <see cref="VectorStoreCollectionMetadata"/>.</summary>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(VectorStoreCollectionMetadata) ? new VectorStoreCollectionMetadata
            {
                VectorStoreSystemName = System,
                CollectionName = Name,
            }
            : serviceType.IsInstanceOfType(retriever) ? retriever
            : serviceType == typeof(EmbeddingIndex) ? Index
            : serviceType.IsInstanceOfType(embedder) ? embedder
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    private async Task<ReadOnlyMemory<float>> VectorOfAsync<TInput>(TInput value, CancellationToken cancellationToken) => value switch
    {
        string text => (await embedder.VectorsAsync([text], cancellationToken).ConfigureAwait(false))[0],
        ImageSource image => await embedder.EmbedImageAsync(image, cancellationToken).ConfigureAwait(false),
        DataContent content when Images.Is(content) =>
            await embedder.EmbedImageAsync(Images.From(content, allowLocalFiles: false), cancellationToken).ConfigureAwait(false),
        float[] vector => vector,
        ReadOnlyMemory<float> vector => vector,
        Embedding<float> embedding => embedding.Vector,
        _ => throw new NotSupportedException(
            $"A search by {typeof(TInput).Name} is unknown: give words, an ImageSource, DataContent with an image, or a vector of floats."),
    };

    // Writes files: not on the caller's thread.
    private Task ChangeAsync(Action change, string operation, CancellationToken cancellationToken)
    {
        if (isDeleted && operation != nameof(EnsureCollectionDeletedAsync))
            throw Failure($"The collection '{Name}' was deleted: call {nameof(EnsureCollectionExistsAsync)} first.", null, operation);
        return Task.Run(
            () =>
            {
                try
                {
                    change();
                }
                catch (Exception e) when (e is IndexException or InvalidOperationException and not ObjectDisposedException)
                {
                    throw Failure(e.Message, e, operation);
                }
            },
            cancellationToken);
    }

    private VectorStoreException Failure(string message, Exception? inner, string operation) =>
        new(message, inner) { VectorStoreSystemName = System, CollectionName = Name, OperationName = operation };

    private IndexedImage Record(IndexEntry entry, bool withVector)
    {
        var record = new IndexedImage
        {
            Id = entry.Id,
            Length = entry.Length,
            Modified = entry.Modified == 0 ? null : new DateTimeOffset(entry.Modified, TimeSpan.Zero),
        };
        return withVector ? WithVector(record) : record;
    }

    private IndexedImage WithVector(IndexedImage record)
    {
        record.Vector = Index.Vector(record.Id);
        return record;
    }

    private static IEnumerable<IndexedImage> Ordered(
        IEnumerable<IndexedImage> records, FilteredRecordRetrievalOptions<IndexedImage> options)
    {
        if (options.OrderBy is null)
            return records;
        IOrderedEnumerable<IndexedImage>? ordered = null;
        foreach (var sort in options.OrderBy(new()).Values)
        {
            var key = sort.PropertySelector.Compile();
            ordered = (ordered, sort.Ascending) switch
            {
                (null, true) => records.OrderBy(key),
                (null, false) => records.OrderByDescending(key),
                (_, true) => ordered.ThenBy(key),
                (_, false) => ordered.ThenByDescending(key),
            };
        }
        return ordered ?? records;
    }
}
