using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Retrieval;

namespace Blip.Runtime.Pipelines;

/// <content>Searching.</content>
public sealed partial class Retriever
{
    /// <summary>Finds the images that a text describes best, best first.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">Null for ten images by cosine.</param>
    /// <param name="cancellationToken">Ends the work after the current batch.</param>
    /// <exception cref="ArgumentException">An option is out of range, the text is too long, or reranking has no matching head.</exception>
    public IReadOnlyList<RetrievalHit> Search(string text, SearchOptions? options = null, CancellationToken cancellationToken = default) =>
        Search([text], options, cancellationToken)[0];

    /// <summary>Finds the images for each text, best first, in one pass over the index.</summary>
    /// <returns>The images of each text.</returns>
    /// <inheritdoc cref="Search(string, SearchOptions?, CancellationToken)"/>
    public IReadOnlyList<IReadOnlyList<RetrievalHit>> Search(
        IReadOnlyList<string> texts, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = ForTexts(texts, options);
        var vectors = embedder.EmbedTexts(texts, cancellationToken);
        var found = Find([.. vectors.SelectMany(vector => vector)], Math.Max(options.Top, options.Rerank), cancellationToken);
        return [.. found.Select((hits, i) => Rerank(hits, texts[i], options, cancellationToken))];
    }

    /// <summary>Finds the images that a text describes best, without blocking a thread.</summary>
    /// <inheritdoc cref="Search(string, SearchOptions?, CancellationToken)"/>
    public async Task<IReadOnlyList<RetrievalHit>> SearchAsync(
        string text, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = ForTexts([text], options);
        var vectors = await embedder.VectorsAsync([text], cancellationToken).ConfigureAwait(false);
        var found = await FindAsync(vectors[0], Math.Max(options.Top, options.Rerank), cancellationToken).ConfigureAwait(false);
        if (options.Rerank == 0)
            return found;
        var matches = new List<MatchResult>(options.Rerank);
        await foreach (var result in Matches(found, text, options, cancellationToken).ConfigureAwait(false))
            matches.Add(result);
        return Rerank(found, matches, options);
    }

    /// <summary>Finds the images nearest to another, best first.</summary>
    /// <param name="image">The image, or its path. It need not be in the index.</param>
    /// <param name="options">Null for ten images.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    /// <exception cref="ArgumentException">
    /// An option is out of range, or asks for reranking: the matching head compares images with texts.
    /// </exception>
    public IReadOnlyList<RetrievalHit> SearchByImage(
        ImageSource image, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = ForImage(image, options);
        return Find(embedder.EmbedImage(image, cancellationToken), options.Top, cancellationToken)[0];
    }

    /// <summary>The same without blocking a thread.</summary>
    /// <inheritdoc cref="SearchByImage"/>
    public async Task<IReadOnlyList<RetrievalHit>> SearchByImageAsync(
        ImageSource image, SearchOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = ForImage(image, options);
        var vector = await embedder.EmbedImageAsync(image, cancellationToken).ConfigureAwait(false);
        return await FindAsync(vector, options.Top, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds the entries nearest to a vector, exactly, without blocking a thread.</summary>
    /// <param name="vector"><c>[dimension]</c>, as from the embedder.</param>
    /// <param name="top">How many, at least 1.</param>
    /// <param name="cancellationToken">Ends the wait for the device.</param>
    /// <exception cref="ArgumentException">
    /// The vector has another dimension or is not finite, or <paramref name="top"/> is below 1.
    /// </exception>
    public async Task<IReadOnlyList<IndexHit>> NearestAsync(
        ReadOnlyMemory<float> vector, int top, CancellationToken cancellationToken = default)
    {
        if (vector.Length != Index.Dimension)
            throw new ArgumentException(
                $"The vector holds {vector.Length} values, and the index vectors of {Index.Dimension}.", nameof(vector));
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        var found = await embedder.Base.InTurnAsync(embedder, () => Index.Search(embedder.Base.Device, vector.Span, top), cancellationToken)
            .ConfigureAwait(false);
        return found[0];
    }

    private SearchOptions ForTexts(IReadOnlyList<string> texts, SearchOptions? options)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new SearchOptions();
        options.Validate();
        if (options.Rerank > 0 && matcher is null)
            throw new ArgumentException(
                $"Rerank is {options.Rerank}, and an embedder has no matching head to look again: give a matcher of a retrieval model, or "
                    + $"leave it out.", nameof(SearchOptions.Rerank));
        return Framed(options);
    }

    private SearchOptions ForImage(ImageSource image, SearchOptions? options)
    {
        ArgumentNullException.ThrowIfNull(image);
        options ??= new SearchOptions();
        options.Validate();
        if (options.Rerank > 0)
            throw new ArgumentException(
                $"Rerank is {options.Rerank}, and the matching head compares images with words, not with an image: leave it out.",
                nameof(SearchOptions.Rerank));
        return Framed(options);
    }

    // Hits are read with the frames that their vectors were made of.
    private SearchOptions Framed(SearchOptions options)
    {
        if (Index.Model.Frames is not { } made)
            return options;
        return options.Frames is { } wanted && wanted != made
            ? throw new ArgumentException(
                $"Frames is {wanted}, and the index holds {IndexModel.Kind(made)}: leave it out, as the index tells the number.",
                nameof(SearchOptions.Frames))
            : options with { Frames = Frames };
    }

    private RetrievalHit[][] Find(float[] queries, int k, CancellationToken cancellationToken) =>
        embedder.Base.InTurn(embedder, () => FindInTurn(queries, k), cancellationToken);

    private async Task<RetrievalHit[]> FindAsync(float[] query, int k, CancellationToken cancellationToken) =>
        (await embedder.Base.InTurnAsync(embedder, () => FindInTurn(query, k), cancellationToken).ConfigureAwait(false))[0];

    private RetrievalHit[][] FindInTurn(float[] queries, int k) =>
        [.. Index.Search(embedder.Base.Device, queries, k)
            .Select(hits => hits.Select(hit => new RetrievalHit(PathOf(hit.Entry.Id), hit.Score, hit.Score)).ToArray())];

    private IAsyncEnumerable<MatchResult> Matches(
        RetrievalHit[] hits, string text, SearchOptions options, CancellationToken cancellationToken) =>
        matcher!.MatchAllAsync(
            hits.Take(options.Rerank).Select(hit => options.Frames is { } frames
                ? ImageSource.FromClip(hit.Path, frames)
                : ImageSource.FromFile(hit.Path)), [text], new MatchOptions
                {
                    Reranking = true,
                }, cancellationToken);

    private RetrievalHit[] Rerank(RetrievalHit[] hits, string text, SearchOptions options, CancellationToken cancellationToken) =>
        options.Rerank == 0
        ? hits
        : Rerank(hits, Matches(hits, text, options, cancellationToken).ToBlockingEnumerable(cancellationToken), options);

    // First images by the matching head's score, then those that it could not score, then the rest.
    private RetrievalHit[] Rerank(RetrievalHit[] hits, IEnumerable<MatchResult> matches, SearchOptions options)
    {
        var looked = hits.Take(options.Rerank).Zip(matches, (hit, result) => result.Succeeded
            ? hit with { Match = result.Matches[0], Score = Score(result.Matches[0], hit.Cosine) }
            : hit with { Error = result.Error }).ToArray();
        return
        [
            .. looked.Where(hit => hit.Error is null).OrderByDescending(hit => hit.Score).ThenByDescending(hit => hit.Cosine)
                .Concat(looked.Where(hit => hit.Error is not null)).Concat(hits.Skip(options.Rerank)).Take(options.Top),
        ];
    }

    private double Score(Match match, double cosine) =>
        rules.Score(new MatchLogits((float)match.NoMatchLogit, (float)match.MatchLogit), cosine);
}
