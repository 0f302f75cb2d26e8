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
/// Describes an image in words. Any number of threads may call it: images are decoded in parallel, the device works on one batch
/// at a time. Each image gets the same caption as alone.
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

    /// <summary>Where it runs: several devices where several were asked for (<see cref="PipelineOptions.Device"/>).</summary>
    public override IReadOnlyList<DeviceDescription> Devices => [.. pool.Select(member => member.DeviceDescription)];

    /// <summary>
    /// How words are chosen where a call does not say, as the model's own files want it, or as the authors' code does; a call changes it
    /// <c>with { … }</c>.
    /// </summary>
    public GenerationOptions Defaults { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notices
    {
        get
        {
            lock (failures)
                return [.. Host.Source.GenerationDefaults.Notices, .. pool.SelectMany(member => member.model.Notices).Distinct(), .. failures];
        }
    }

    /// <summary>The model on its device: for traces.</summary>
    internal CaptioningModel Model => model;

    /// <summary>Chooses its words: for tests of the draft.</summary>
    internal Generator Generator => generator;

    /// <summary>A captioner for each device, this one first.</summary>
    internal IReadOnlyList<Captioner> DevicePool => pool;

    /// <summary>How a model's words are chosen where a call does not say.</summary>
    /// <param name="source">The model.</param>
    /// <param name="compat">Whose way is wanted.</param>
    /// <param name="sampling">True for draws at random, for which the authors' code has other settings.</param>
    /// <exception cref="ArgumentException">The model's files ask for something that cannot be done; the message names it.</exception>
    internal static GenerationOptions DefaultsOf(ModelSource source, Compat compat, bool sampling)
    {
        ArgumentNullException.ThrowIfNull(source);
        var rules = CompatRules.Of(compat);
        var plain = rules.Captioning ?? GenerationOptions.From(source.GenerationDefaults);
        return sampling ? rules.CaptionSampling ?? plain with { DoSample = true } : plain;
    }

    /// <inheritdoc/>
    internal override void WarmUp(CancellationToken cancellationToken) =>
        Caption(BlankImage(), new CaptionOptions { Generation = Defaults with { MaxNewTokens = 2, MinLength = 0, MinNewTokens = null } }, cancellationToken);

    /// <summary>Loads a model and puts it on a device.</summary>
    /// <param name="model">
    /// A folder with a config.json, a weight file beside one, a name on the Hugging Face hub that is in the local cache, or
    /// <c>synthetic:NAME</c>.
    /// </param>
    /// <param name="options">Device, precision and batches; null for the defaults.</param>
    /// <exception cref="CheckpointException">There is no such model, or it is damaged, unsafe or no captioner.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Captioner Load(string model, CaptionerOptions? options = null) => Load(ModelSource.Resolve(model, revision: options?.Revision), options);

    /// <summary>Loads a model and puts it on a device, on the thread pool.</summary>
    /// <param name="model">A folder, a weight file or a name, as <see cref="Load(string, CaptionerOptions?)"/> takes.</param>
    /// <param name="options">Device, precision and batches; null for the defaults.</param>
    /// <param name="progress">Told how far the load is; may be null.</param>
    /// <param name="cancellationToken">Ends the load between two tensors.</param>
    /// <inheritdoc cref="Load(string, CaptionerOptions?)" path="/*[not(self::param)]"/>
    public static Task<Captioner> LoadAsync(
        string model, CaptionerOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default) =>
        LoadWatch.LoadAsync(options ?? new CaptionerOptions(), watched => Load(model, watched), progress, cancellationToken);

    /// <summary>Puts a model that was found on a device.</summary>
    /// <param name="source">The model.</param>
    /// <param name="options">Device, precision and batches; null for the defaults.</param>
    /// <exception cref="CheckpointException">The model is damaged, unsafe or no captioner.</exception>
    /// <exception cref="TokenizerException">Its vocabulary cannot be read.</exception>
    /// <exception cref="DeviceException">There is no such device.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    internal static Captioner Load(ModelSource source, CaptionerOptions? options = null)
    {
        options ??= new CaptionerOptions();
        var devices = Device.Expand(options.Device);
        var first = Open(devices[0]);
        if (devices.Count == 1)
            return first;
        try
        {
            // The first has written the cache, if there is one: the others read it, all at once.
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
    /// <param name="image">The image; a path is one.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellationToken">Ends the work before the next word.</param>
    /// <exception cref="ImageException">The image cannot be read; the message begins with its name.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a prompt leaves no room for words.</exception>
    public Caption Caption(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var plan = Plan(options);
        plan.Prompt(image);
        var queue = Next().calls.Queue;
        return queue.Announced(added => Host.WithImage(
            image, decoded => added(new CaptionCall(decoded, () => { }, plan, onToken: null, cancellationToken)).Result.GetAwaiter().GetResult(), cancellationToken));
    }

    /// <summary>
    /// Captions one image; no thread waits meanwhile. Calls that come together share the model's work: images are encoded together, and a caption
    /// joins the others at their next token. Each is the caption that the image has alone.
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

    /// <summary>Captions many images; results come in the order of the images, as each batch is done.</summary>
    /// <inheritdoc cref="CaptionAllAsync(IAsyncEnumerable{ImageSource}, CaptionOptions?, CancellationToken)"/>
    public IAsyncEnumerable<CaptionResult> CaptionAllAsync(
        IEnumerable<ImageSource> images, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return CaptionAllAsync(images.ToAsyncEnumerable(), options, cancellationToken);
    }

    /// <summary>
    /// Captions a stream of images. They are decoded on the thread pool while the device works on those before them, about two batches
    /// ahead and no more: a slow reader of the results holds everything back. An image that cannot be read is a result with an error.
    /// </summary>
    /// <param name="images">The images; each is opened when its turn comes.</param>
    /// <param name="options">How; null for the model's own way.</param>
    /// <param name="cancellationToken">Ends the work before the next word of the batch in hand.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the prompt leaves no room for words; thrown at once.</exception>
    public IAsyncEnumerable<CaptionResult> CaptionAllAsync(
        IAsyncEnumerable<ImageSource> images, CaptionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var plan = Plan(options);
        return pool.Length > 1
            ? OverDevices(images, plan, cancellationToken)
            : InImageBatches(images, image => image, (_, decoded) => Host.Stage(decoded.WithoutFeatures()), batch => RunBatch(batch, plan, cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Captions one image and yields the text as the model writes it; the parts, joined, are the caption's text. A word comes when the
    /// next one begins, since it may still grow until then.
    /// </summary>
    /// <param name="image">The image; a path is one.</param>
    /// <param name="options">How: greedy or sampling, one sequence. Beam search has no words before its end.</param>
    /// <param name="cancellationToken">Ends the work before the next word.</param>
    /// <exception cref="ArgumentException">An option is out of range, asks for beams or several sequences, or the model has no vocabulary; thrown at once.</exception>
    /// <exception cref="ImageException">The image cannot be read; thrown by the enumeration.</exception>
    public IAsyncEnumerable<string> StreamAsync(ImageSource image, CaptionOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(image, options, onEnd: null, cancellationToken);

    /// <inheritdoc cref="StreamAsync(ImageSource, CaptionOptions?, CancellationToken)" path="/*[not(self::param)]"/>
    /// <param name="image">The image; a path is one.</param>
    /// <param name="options">How: greedy or sampling, one sequence.</param>
    /// <param name="onEnd">Given the whole caption before the enumeration ends; may be null.</param>
    /// <param name="cancellationToken">Ends the work before the next word.</param>
    public IAsyncEnumerable<string> StreamAsync(ImageSource image, CaptionOptions? options, Action<Caption>? onEnd, CancellationToken cancellationToken)
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
        var batches = ahead.GroupsAsync(images, image => image, (_, decoded) => decoded.WithoutFeatures(), members.Length, cancellationToken).Select(batch =>
        {
            held.Enqueue(batch.Bytes);
            return batch.Items;
        });
        var devices = members.Select(member => new DevicePoolMember<Captioner, IReadOnlyList<DecodedImage>, CaptionResult[]>(member, batch => member.Run(batch, plan, cancellationToken))
        {
            // An image's device is not known when it is decoded: it goes there while that one works on the batch before.
            Prepare = member.Host.Stages ? batch => [.. batch.Select(member.Host.Stage)] : null,
            Discard = PipelineHost.Unstage,
        });
        var shared = new DevicePool<Captioner, IReadOnlyList<DecodedImage>, CaptionResult[]>([.. devices], Retire);
        await foreach (var results in shared.RunAsync(batches, cancellationToken).ConfigureAwait(false))
        {
            // Results come in the order of the batches.
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

    // The devices that have not failed; all of them if none is left, so that the caller gets the reason.
    private Captioner[] Working() => Array.FindAll(pool, member => !member.failed) is [_, ..] working ? working : pool;

    // Single images go around.
    private Captioner Next()
    {
        if (pool.Length == 1)
            return this;
        var working = Working();
        return working[(int)((uint)Interlocked.Increment(ref turns) % working.Length)];
    }

    private Task<Caption> CaptionAsync(ImageSource image, CaptionPlan plan, Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        var queue = Next().calls.Queue;
        return queue.AnnouncedAsync(added => Host.WithImageAsync(
            image, (decoded, release) => added(new CaptionCall(decoded, release, plan, onToken, cancellationToken)).Result, cancellationToken));
    }
}
