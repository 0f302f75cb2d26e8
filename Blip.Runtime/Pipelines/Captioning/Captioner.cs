using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Captions images. It is thread-safe: images are decoded in parallel, the device runs one batch at a time, and each caption is the same as
/// alone.
/// </summary>
/// <example>
/// <code>
/// using var captioner = Captioner.Load("models/blip-image-captioning-base");
/// Console.WriteLine(captioner.Caption("photo.jpg").Text);
/// </code>
/// </example>
public sealed partial class Captioner : Pipeline, ICaptioner
{
    private readonly CaptioningModel model;
    private readonly Generator generator;
    private readonly CaptionCalls calls;
    private readonly CompatRules rules;
    private readonly List<string> failures = [];
    private Captioner[] pool;
    private int turns;
    private bool failed;

    internal Captioner(PipelineHost host, PipelineOptions options)
        : base(host)
    {
        rules = CompatRules.Of(options.Compat);
        Defaults = DefaultsOf(host.Source, options.Compat, sampling: false);
        model = host.Own(CaptioningModel.Load(host.Source, host.Device, options.ForModel()));
        generator = host.Own(new Generator(host.Device));
        calls = new CaptionCalls(host, model, generator, this);
        pool = [this];
    }

    /// <summary>All devices that it runs on (<see cref="PipelineOptions.Device"/>).</summary>
    public override IReadOnlyList<DeviceDescription> Devices => [.. pool.Select(member => member.DeviceDescription)];

    /// <summary>
    /// The default choice of words: by the model's files, or as in the authors' code. A call changes it <c>with { … }</c>.
    /// </summary>
    public GenerationOptions Defaults { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices
    {
        get
        {
            lock (failures)
                return [.. Host.Source.GenerationDefaults.Notices, .. pool.SelectMany(member => member.model.Notices).Distinct(),
                    .. failures];
        }
    }

    internal CaptioningModel Model => model;

    internal Generator Generator => generator;

    /// <summary>A captioner for each device, this one first.</summary>
    internal IReadOnlyList<Captioner> DevicePool => pool;

    /// <summary>How a model's words are chosen by default. For sampling, the authors' code has other settings.</summary>
    internal static GenerationOptions DefaultsOf(ModelSource source, Compat compat, bool sampling)
    {
        ArgumentNullException.ThrowIfNull(source);
        var rules = CompatRules.Of(compat);
        var plain = rules.Captioning ?? GenerationOptions.From(source.GenerationDefaults);
        return sampling ? rules.CaptionSampling ?? plain with { DoSample = true } : plain;
    }

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken) =>
        Caption(BlankImage(), new CaptionOptions { Generation = Defaults with { MaxNewTokens = 2, MinLength = 0, MinNewTokens = null } },
            cancellationToken);

    /// <summary>Loads a model onto a device.</summary>
    /// <param name="model">
    /// A folder with a config.json, a weight file beside one, a Hugging Face hub name that is in the local cache, or <c>synthetic:NAME</c>.
    /// </param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is missing, damaged, unsafe or no captioner.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Captioner Load(string model, CaptionerOptions? options = null) =>
        Load(ModelSource.Resolve(model, revision: options?.Revision), options);

    /// <summary>Loads a model onto a device, on the thread pool.</summary>
    /// <param name="model">As in <see cref="Load(string, CaptionerOptions?)"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="progress">Gets the load's progress.</param>
    /// <param name="cancellationToken">Ends the load between two tensors.</param>
    /// <inheritdoc cref="Load(string, CaptionerOptions?)" path="/*[not(self::param)]"/>
    public static Task<Captioner> LoadAsync(
        string model, CaptionerOptions? options =
            null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LoadWatch.LoadAsync(options ?? new CaptionerOptions(), watched => Load(model, watched), progress, cancellationToken);

    internal static Captioner Load(ModelSource source, CaptionerOptions? options = null)
    {
        options ??= new CaptionerOptions();
        var devices = Device.Expand(options.Device);
        var first = Open(devices[0]);
        if (devices.Count == 1)
            return first;
        try
        {
            // The first load writes the cache, if there is one. The others read it in parallel.
            var others = new Captioner[devices.Count - 1];
            Parallel.For(0, others.Length, i => others[i] = first.Host.OwnTogether(Open(devices[i + 1])));
            first.pool = [first, .. others];
            return first;
        }
        catch (AggregateException e)
        {
            first.Dispose();
            throw e.Flatten().InnerExceptions[0];
        }

        Captioner Open(string device) => PipelineHost.Open(source, options with { Device = device }, host => new Captioner(host, options));
    }

    /// <summary>Captions one image.</summary>
    /// <param name="image">The image, or its path.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a prompt leaves no room for words.</exception>
    public Caption Caption(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var plan = Plan(options);
        plan.Prompt(image);
        var queue = Next().calls.Queue;
        return queue.Announced(added => Host.WithImage(
            image, decoded =>
                added(new CaptionCall(decoded, () => { }, plan, onToken: null, cancellationToken)).Result.GetAwaiter().GetResult(),
                    cancellationToken));
    }

    /// <summary>
    /// Captions one image without blocking a thread. Concurrent calls share the model's work: images are encoded together, and a caption
    /// joins the others at their next token. Each is the same as alone.
    /// </summary>
    /// <inheritdoc cref="Caption(ImageSource, CaptionOptions?, CancellationToken)"/>
    /// <exception cref="PipelineBusyException">More calls wait than <see cref="PipelineOptions.MaxQueuedCalls"/>.</exception>
    public Task<Caption> CaptionAsync(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var plan = Plan(options);
        plan.Prompt(image);
        return CaptionAsync(image, plan, onToken: null, cancellationToken);
    }

    /// <summary>Captions many images; results come in order, as each batch is done.</summary>
    /// <inheritdoc cref="CaptionAllAsync(IAsyncEnumerable{ImageSource}, CaptionOptions?, CancellationToken)"/>
    public IAsyncEnumerable<CaptionResult> CaptionAllAsync(
        IEnumerable<ImageSource> images, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return CaptionAllAsync(images.ToAsyncEnumerable(), options, cancellationToken);
    }

    /// <summary>
    /// Captions a stream of images. They are decoded about two batches ahead; a slow reader holds everything back. An unreadable image
    /// gives a result with an error.
    /// </summary>
    /// <param name="images">The images, each opened in its turn.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the prompt leaves no room for words; thrown at once.</exception>
    public IAsyncEnumerable<CaptionResult> CaptionAllAsync(
        IAsyncEnumerable<ImageSource> images, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var plan = Plan(options);
        return pool.Length > 1
            ? OverDevices(images, plan, cancellationToken)
            : InImageBatches(images, image => image, (_, decoded) => Host.Stage(decoded.WithoutFeatures()),
                batch => RunBatch(batch, plan, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Captions one image and yields the text as it is generated; the parts, joined, are the caption's text. A word comes when the next one
    /// begins.
    /// </summary>
    /// <param name="image">The image, or its path.</param>
    /// <param name="options">Greedy or sampling, one sequence.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    /// <exception cref="ArgumentException">
    /// An option is out of range, asks for several sequences, or the model has no vocabulary; thrown at once.
    /// </exception>
    /// <exception cref="ImageException">The image cannot be read; thrown by the enumeration.</exception>
    public IAsyncEnumerable<string> StreamAsync(
        ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(image, options, onEnd: null, cancellationToken);

    /// <inheritdoc cref="StreamAsync(ImageSource, CaptionOptions?, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="image">The image, or its path.</param>
    /// <param name="options">Greedy or sampling, one sequence.</param>
    /// <param name="onEnd">Gets the whole caption before the enumeration ends; may be null.</param>
    /// <param name="cancellationToken">Ends the work before the next token.</param>
    public IAsyncEnumerable<string> StreamAsync(
        ImageSource image, CaptionOptions? options, Action<Caption>? onEnd, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(image);
        var plan = Plan(options);
        var words = WordStream.Check(plan.Generation, Tokenizer);
        var prompt = plan.Prompt(image);
        return WordStream.Of(words, Speak, cancellationToken);

        async Task Speak(Action<int> say, CancellationToken stop)
        {
            if (plan.KeepsPrompt)
                Array.ForEach(prompt, say);
            var caption = await CaptionAsync(image, plan, token => say(token.Token), stop).ConfigureAwait(false);
            onEnd?.Invoke(caption);
        }
    }

    private async IAsyncEnumerable<CaptionResult> OverDevices(
        IAsyncEnumerable<ImageSource> images, CaptionPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var members = Working();
        var size = members.Min(member => member.Host.BatchSize);
        var ahead = new ImageReadahead(size, Host.Options);
        var held = new ConcurrentQueue<long>();
        var batches = ahead.GroupsAsync(
            images, image => image, (_, decoded) => decoded.WithoutFeatures(), members.Length, cancellationToken).Select(batch =>
        {
            held.Enqueue(batch.Bytes);
            return batch.Items;
        });
        var devices = members.Select(member => new DevicePoolMember<Captioner, IReadOnlyList<DecodedImage>,
            CaptionResult[]>(member, batch => member.Run(batch, plan, cancellationToken))
        {
            // An image's device is unknown at decoding. Its pixels are sent while that device runs the previous batch.
            Prepare = member.Host.Stages ? batch => [.. batch.Select(member.Host.Stage)] : null,
            Discard = PipelineHost.Unstage,
        });
        var shared = new DevicePool<Captioner, IReadOnlyList<DecodedImage>, CaptionResult[]>([.. devices], Retire);
        await foreach (var results in shared.RunAsync(batches, cancellationToken).ConfigureAwait(false))
        {
            // Results come in batch order.
            if (held.TryDequeue(out var bytes))
                ahead.Release(bytes);
            foreach (var result in results)
                yield return result;
        }
    }

    private void Retire(Captioner member, Exception e)
    {
        member.failed = true;
        var notice = $"{member.DeviceDescription.Id} ({member.DeviceDescription.Name}) failed, and takes no more images: {e.Message}";
        lock (failures)
            failures.Add(notice);
        Tell(notice);
    }

    // Devices that have not failed; all if none is left, for the caller to get the reason.
    private Captioner[] Working() => Array.FindAll(pool, member => !member.failed) is [_, ..] working ? working : pool;

    // Single images go to the devices in rotation.
    private Captioner Next()
    {
        if (pool.Length == 1)
            return this;
        var working = Working();
        return working[(int)((uint)Interlocked.Increment(ref turns) % working.Length)];
    }

    private Task<Caption> CaptionAsync(
        ImageSource image, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        var queue = Next().calls.Queue;
        return queue.AnnouncedAsync(added => Host.WithImageAsync(
            image, (decoded, release) =>
                added(new CaptionCall(decoded, release, plan, onToken, cancellationToken)).Result, cancellationToken));
    }
}
