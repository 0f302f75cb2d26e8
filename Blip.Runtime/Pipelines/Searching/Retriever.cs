using System.Diagnostics;
using System.Runtime.CompilerServices;
using Blip.Runtime.Generation;
using Blip.Runtime.Retrieval;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Finds images by texts or by another image, with their vectors in an index on disk. It is thread-safe. The matcher or embedder stays its
/// owner's.
/// </summary>
/// <example>
/// <code>
/// using var matcher = Matcher.Load("models/blip-itm-base-coco");
/// using var retriever = Retriever.Open(matcher, "photos.index");
/// await foreach (var result in retriever.AddAsync(Directory.GetFiles("photos").Select(path => ImageSource.FromFile(path))))
///     Console.WriteLine($"{result.Source.Name}: {result.Outcome}");
/// foreach (var hit in retriever.Search("a dog on a beach", new SearchOptions { Rerank = 32 }))
///     Console.WriteLine(hit.Path);
/// </code>
/// </example>
public sealed partial class Retriever : IRetriever, IDisposable
{
    // Files checked at once, before the wanted ones go to the model.
    private const int FilesAtOnce = 1024;

    // A kill loses at most this. Flushing costs a fraction of a percent.
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromSeconds(1);

    private readonly Embedder embedder;
    private readonly Matcher? matcher;
    private readonly CompatRules rules;
    private readonly string folder;

    private Retriever(Embedder embedder, Matcher? matcher, EmbeddingIndex index)
    {
        (this.embedder, this.matcher, Index) = (embedder, matcher, index);
        rules = CompatRules.Of(embedder.Base.Options.Compat);
        folder = Path.GetDirectoryName(index.Path) ?? "";
    }

    /// <summary>The vectors.</summary>
    public EmbeddingIndex Index { get; }

    /// <summary>Opens or makes an index to add and to search. Only one process may do so at a time.</summary>
    /// <param name="matcher">Makes vectors, and reranks hits.</param>
    /// <param name="index">
    /// The index file; others beside it begin with its name. Images below its folder have paths relative to it, so that the folder may be
    /// moved.
    /// </param>
    /// <param name="frames">
    /// Frames of each clip, recorded in a new index; 0 for images; null records nothing, and takes an index of any number.
    /// </param>
    /// <exception cref="IndexException">
    /// Another process writes to it, it was made with another model, precision or number of frames, or it is damaged.
    /// </exception>
    public static Retriever Open(Matcher matcher, string index, int? frames = null) =>
        new(Checked(matcher).Embedder, matcher, Open(matcher.Embedder, index, frames, write: true));

    /// <summary>Opens or makes an index to add and to search without a matching head.</summary>
    /// <param name="embedder">Makes vectors.</param>
    /// <param name="index">The index file.</param>
    /// <param name="frames">As in <see cref="Open(Matcher, string, int?)"/>.</param>
    /// <inheritdoc cref="Open(Matcher, string, int?)" path="/*[not(self::param)]"/>
    public static Retriever Open(Embedder embedder, string index, int? frames = null) =>
        new(Checked(embedder), null, Open(embedder, index, frames, write: true));

    /// <summary>Opens an index to search. Additions by others are not seen.</summary>
    /// <param name="matcher">Makes the query's vector, and reranks hits.</param>
    /// <param name="index">The index file.</param>
    /// <exception cref="IndexException">There is none, it was made with another model or precision, or it is damaged.</exception>
    public static Retriever OpenRead(Matcher matcher, string index) =>
        new(Checked(matcher).Embedder, matcher, Open(matcher.Embedder, index, frames: null, write: false));

    /// <summary>Opens an index to search without a matching head.</summary>
    /// <param name="embedder">Makes the query's vector.</param>
    /// <param name="index">The index file.</param>
    /// <inheritdoc cref="OpenRead(Matcher, string)" path="/*[not(self::param)]"/>
    public static Retriever OpenRead(Embedder embedder, string index) =>
        new(Checked(embedder), null, Open(embedder, index, frames: null, write: false));

    /// <summary>
    /// Adds new and changed images. A known file with the same length and time of change is only looked up. Images on disk stay, however
    /// the work ends; the same call continues later.
    /// </summary>
    /// <param name="images">Images, usually files. Others are known by name, and added anew each time.</param>
    /// <param name="cancellationToken">Ends the work after the current batch.</param>
    /// <returns>
    /// A result for each image, unchanged ones before the others of their 1024. An unreadable image gives a result with an error.
    /// </returns>
    /// <exception cref="IndexException">The index cannot be written: reported images are kept.</exception>
    /// <exception cref="InvalidOperationException">The index was opened to read.</exception>
    public async IAsyncEnumerable<IndexingResult> AddAsync(
        IEnumerable<ImageSource> images, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var pending = new PendingEntries(Index);
        try
        {
            foreach (var chunk in images.Chunk(FilesAtOnce))
            {
                // A second image of one name waits for the first: only then it is known whether the index has it.
                for (IReadOnlyList<ImageSource> round = chunk; round.Count > 0;)
                {
                    var repeated = new List<ImageSource>();
                    await foreach (var result in AddFirstsAsync(round, repeated, pending, cancellationToken).ConfigureAwait(false))
                        yield return result;
                    round = repeated;
                }
            }
        }
        finally
        {
            // Cancelled, or abandoned by the reader: finished vectors are kept.
            pending.Write();
        }
    }

    // The first image of each name; the others are left to the caller.
    private async IAsyncEnumerable<IndexingResult> AddFirstsAsync(
        IReadOnlyList<ImageSource> images, List<ImageSource> repeated, PendingEntries pending,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<ImageSource, (IndexEntry Entry, IndexingOutcome Outcome)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var image in images)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var entry = EntryOf(image);
            var outcome = !Index.TryGet(entry.Id, out var known)
                ? IndexingOutcome.Added : known == entry && entry.Modified != 0 ? IndexingOutcome.Unchanged
                : IndexingOutcome.Updated;
            if (outcome == IndexingOutcome.Unchanged)
                yield return new IndexingResult(image, IndexingOutcome.Unchanged);
            else if (names.Add(entry.Id))
                wanted.Add(image, (entry, outcome));
            else
                repeated.Add(image);
        }
        if (wanted.Count == 0)
            yield break;
        await foreach (var embedding in embedder.EmbedImagesAsync(wanted.Keys, cancellationToken).ConfigureAwait(false))
        {
            var (entry, outcome) = wanted[embedding.Source];
            if (embedding.Succeeded)
                pending.Add(entry, embedding.Vector, new IndexingResult(embedding.Source, outcome));
            else
                yield return new IndexingResult(embedding.Source, IndexingOutcome.Failed, embedding.Error);
            if (pending.Age < BetweenWrites)
                continue;
            foreach (var result in pending.Write())
                yield return result;
        }
        foreach (var result in pending.Write())
            yield return result;
    }

    /// <summary>Removes the images whose files are gone.</summary>
    /// <param name="all">
    /// Also removes them where a folder is missing, unreadable or empty, or where they are more than half of the index.
    /// </param>
    /// <returns>Their paths.</returns>
    /// <exception cref="IndexException">The index cannot be written, or the files may exist unseen; then nothing was removed.</exception>
    /// <exception cref="InvalidOperationException">The index was opened to read.</exception>
    public IReadOnlyList<string> RemoveMissing(bool all = false)
    {
        string[] missing =
            [.. Index.Entries().Where(entry => entry.Modified != 0 && !File.Exists(PathOf(entry.Id))).Select(entry => entry.Id)];
        if (!all && missing.Length > 0)
        {
            if (MissingFiles.Doubt(
                Index.Entries().Where(entry => entry.Modified != 0).Select(entry => PathOf(entry.Id)), missing.Select(PathOf)) is { } doubt)
                throw new IndexException(
                    $"{Index.Path}: {doubt}: is a disk not mounted? Nothing was taken out; --prune-all takes out the {missing.Length} "
                        + $"images that are not seen.");
            if (2L * missing.Length > Index.Count)
                throw new IndexException(
                    $"{Index.Path}: {missing.Length} of {Index.Count} images are gone, more than half. Nothing was taken out; --prune-all "
                        + $"does it.");
        }
        Index.Remove(missing);
        return [.. missing.Select(PathOf)];
    }

    /// <summary>Closes the index.</summary>
    public void Dispose() => Index.Dispose();

    /// <summary>Frames of each clip; null for an index of images, or one that does not record it.</summary>
    internal int? Frames => Index.Model.Frames is > 0 and var frames ? frames : null;

    /// <summary>The path of an image in the index.</summary>
    internal string PathOf(string id) => Path.IsPathRooted(id) ? id : Path.Join(folder, id);

    // Below the index's folder, the path relative to it, with slashes on every system; elsewhere the full path.
    private IndexEntry EntryOf(ImageSource image)
    {
        var file = new FileInfo(image.Name);
        if (!file.Exists)
            return new IndexEntry(image.Name);
        var root = Path.GetFullPath(folder.Length == 0 ? "." : folder);
        var relative = Path.GetRelativePath(root, file.FullName);
        var below = !Path.IsPathRooted(relative) && relative != ".."
            && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        return new IndexEntry(
            below ? relative.Replace(Path.DirectorySeparatorChar, '/') : file.FullName, file.Length, file.LastWriteTimeUtc.Ticks);
    }

    private static EmbeddingIndex Open(Embedder embedder, string index, int? frames, bool write)
    {
        var model = EmbeddingIdentity.Of(embedder.Base.Source, embedder.Base.Options, frames);
        return write ? EmbeddingIndex.Open(index, embedder.Dimension, model) : EmbeddingIndex.OpenRead(index, embedder.Dimension, model);
    }

    private static T Checked<T>(T pipeline)
        where T : Pipeline
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return pipeline;
    }

    private sealed class PendingEntries(EmbeddingIndex index)
    {
        private readonly List<IndexEntry> entries = [];
        private readonly List<float> vectors = [];
        private readonly List<IndexingResult> results = [];
        private long oldest;

        /// <summary>How long the first entry has waited.</summary>
        public TimeSpan Age => entries.Count == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(oldest);

        public void Add(IndexEntry entry, float[] vector, IndexingResult result)
        {
            if (entries.Count == 0)
                oldest = Stopwatch.GetTimestamp();
            entries.Add(entry);
            vectors.AddRange(vector);
            results.Add(result);
        }

        public IndexingResult[] Write()
        {
            if (entries.Count == 0)
                return [];
            IndexingResult[] written = [.. results];
            var (some, values) = (entries.ToArray(), vectors.ToArray());
            entries.Clear();
            vectors.Clear();
            results.Clear();
            index.Add(some, values);
            return written;
        }
    }
}
