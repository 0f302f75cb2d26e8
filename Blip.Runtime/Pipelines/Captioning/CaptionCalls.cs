using System.Numerics;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Captions single images for many threads. Images are encoded together. Captions share the decoder's steps: one joins at any step and
/// leaves at its end, the same as alone.
/// </summary>
internal sealed class CaptionCalls
{
    private readonly PipelineHost host;
    private readonly CaptioningModel model;
    private readonly Generator generator;
    private readonly Captioner captioner;
    private readonly CallQueue<CaptionCall> queue;

    public CaptionCalls(PipelineHost host, CaptioningModel model, Generator generator, Captioner captioner)
    {
        (this.host, this.model, this.generator, this.captioner) = (host, model, generator, captioner);
        queue = new CallQueue<CaptionCall>(captioner, host, "caption", Serve);
    }

    public CallQueue<CaptionCall> Queue => queue;

    private void Serve()
    {
        while (queue.First() is { } first)
        {
            if (ContinuousBatch.Takes(first.Plan.Generation))
                new Run(this, first).Go();
            else
                Together(queue.Take(host.BatchSize, call => call.Plan.IsLike(first.Plan)));
            if (host.IsWanted)
                return;
        }
    }

    // A batch that begins and ends together: beams, several sequences, attentions.
    private void Together(IReadOnlyList<CaptionCall> calls)
    {
        try
        {
            using var cancellation = new AllCancelled([.. calls.Select(call => call.CancellationToken)]);
            var results = queue.Measure(
                "batch", calls.Count, () =>
                    captioner.RunInTurn([.. calls.Select(call => call.Image)], calls[0].Plan, streams: null, cancellation.Token).Results);
            foreach (var (call, result) in calls.Zip(results))
                End(call, result);
        }
        catch (Exception e)
        {
            foreach (var call in calls)
                call.Fail(e);
        }
    }

    private static void End(CaptionCall call, CaptionResult result)
    {
        if (result.Succeeded)
            call.Meter?.Count(call.Prompt.Length, result.Caption.Tokens.Count - call.Prompt.Length);
        call.Complete(result);
    }

    /// <summary>Captions with like options.</summary>
    private sealed class Run(CaptionCalls calls, CaptionCall first)
    {
        private readonly CaptionPlan plan = first.Plan;
        private readonly Dictionary<BatchedSequence, CaptionCall> running = [];

        public void Go()
        {
            try
            {
                var batch = calls.generator.Continuous(
                    calls.model, plan.Specials, plan.Generation, plan.Ends, calls.host.BatchSize, first.Longest);
                do
                {
                    while ((running.Count == 0 || !calls.host.IsWanted) && Admit(batch))
                    {
                    }
                    EndThoseThatEnded(batch);
                    if (batch.Rows.Count == 0)
                        continue;
                    calls.queue.Measure("step", batch.Rows.Count, batch.Step);
                    Tell(batch.Rows);
                    EndThoseThatEnded(batch);
                }
                while (batch.Rows.Count > 0 || (!calls.host.IsWanted && calls.queue.First() is { } next && Joins(batch, next)));
            }
            catch (Exception e)
            {
                first.Fail(e);
                foreach (var call in running.Values)
                    call.Fail(e);
            }
        }

        private bool Joins(ContinuousBatch batch, CaptionCall call) => call.Plan.ChoosesLike(plan) && batch.HasRoomFor(call.Longest);

        // Few batch sizes, so that few plans are made.
        private bool Admit(ContinuousBatch batch)
        {
            var (place, free) = batch.FreePlaces();
            var joining = calls.queue.Take(free, call => Joins(batch, call), count => 1 << BitOperations.Log2((uint)count));
            if (joining.Count == 0)
                return false;
            try
            {
                Join(batch, joining, place);
            }
            catch (Exception e)
            {
                foreach (var call in joining)
                    call.Fail(e);
                throw;
            }
            return true;
        }

        private void Join(ContinuousBatch batch, IReadOnlyList<CaptionCall> joining, int place)
        {
            var (host, model) = (calls.host, calls.model);
            var places = host.Upload([.. joining.Select(call => call.Image)], model.Vision.PixelBuffer,
                (i, error) => joining[i].Fail(new ImageException(error)));
            if (places.Count == 0)
                return;
            var uploaded = places.ConvertAll(i => joining[i]);
            uploaded.ForEach(call => call.Uploaded());
            var joined = calls.queue.Measure("image", uploaded.Count, () =>
            {
                model.EncodeAt(place, uploaded.Count, host.Preprocessor.Processing.Height, host.Preprocessor.Processing.Width);
                return batch.Join(uploaded.ConvertAll(call => call.Prompt), place);
            });
            foreach (var (sequence, call) in joined.Zip(uploaded))
                running.Add(sequence, call);
            Tell(joined);
        }

        private void Tell(IReadOnlyList<BatchedSequence> rows)
        {
            foreach (var row in rows)
            {
                running[row].Meter?.Token();
                running[row].OnToken?.Invoke(new GeneratedToken(0, 0, row.Sequence.Tokens[^1], row.Sequence.IsEnded));
            }
        }

        private void EndThoseThatEnded(ContinuousBatch batch)
        {
            foreach (var row in batch.Rows.Where(row => row.Sequence.IsEnded))
            {
                var call = running[row];
                End(call, calls.captioner.ToResult(
                    call.Image.Source, row.Sequence.ToGenerated(plan.Generation.LengthPenalty), call.Prompt, call.Plan));
            }
            foreach (var row in running.Keys.Where(row => running[row].IsOver).ToList())
                running.Remove(row);
            batch.RemoveEnded(row => !running.ContainsKey(row));
        }
    }
}
