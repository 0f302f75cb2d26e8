using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

internal sealed partial class AnsweringModel
{
    private readonly Scoring scoring;

    /// <summary>
    /// Ranks listed answers for each question asked last, as the original evaluates VQA (BLIP's <c>rank_answer</c>). The answers with the
    /// likeliest first tokens become candidates. The sum of their tokens' log-probabilities decides among them. A question's padding is
    /// not attended to.
    /// </summary>
    /// <param name="answers">Token ids of each answer, without a start token, stop token last.</param>
    /// <param name="candidates">How many answers are scored in full; the original scores 128.</param>
    /// <returns>The candidates of each question, the likeliest first; ties stay in list order.</returns>
    /// <exception cref="InvalidOperationException">No question was asked.</exception>
    /// <exception cref="ArgumentException">There are no answers, one cannot be read, or there is no candidate.</exception>
    public IReadOnlyList<IReadOnlyList<RankedAnswer>> Rank(IReadOnlyList<int[]> answers, int candidates)
    {
        var source = Source(Question) with { Lengths = Question.Lengths };
        runner.CheckTexts(answers, null, null);
        if (candidates < 1)
            throw new ArgumentException($"{candidates} candidates are too few; give at least 1.", nameof(candidates));
        var longest = answers.Max(answer => answer.Length);
        if (longest > MaxPositions)
            throw new ArgumentException(
                $"An answer of {longest} tokens is too long; the model has {MaxPositions} positions.", nameof(answers));

        var first = scoring.FirstTokens(source);
        var pairs = new List<(int Question, int Answer)>();
        for (var question = 0; question < source.Rows; question++)
        {
            var words = first[question];
            pairs.AddRange(Enumerable.Range(0, answers.Count).OrderByDescending(answer => words[answers[answer][0]]).Take(candidates)
                .Select(answer => (question, answer)));
        }
        var sums = scoring.Sums(source, [.. pairs.Select(pair => answers[pair.Answer])], [.. pairs.Select(pair => pair.Question)]);
        return [.. pairs.Zip(sums, (pair, sum) =>
            (pair.Question, Ranked: new RankedAnswer(pair.Answer, sum, first[pair.Question][answers[pair.Answer][0]])))
            .GroupBy(entry => entry.Question, entry => entry.Ranked)
            .Select(question => question.OrderByDescending(answer => answer.LogProbability).ThenBy(answer => answer.Answer).ToArray())];
    }

    private sealed class Scoring
    {
        // Tokens of one run: their logits dominate its memory.
        private const int TokensPerRun = 256;

        private readonly AnsweringModel model;
        private readonly PlanCache<(int Rows, int Tokens, int Questions, int QuestionTokens)> wordPlans, targetPlans;
        private readonly GrowingBuffer<int> ids, targets, rows, mask;

        public Scoring(AnsweringModel model)
        {
            this.model = model;
            var scored = model.graphs.Decoder.Scored();
            (wordPlans, targetPlans) = (Plans(DecoderGraphs.LogProbabilities), Plans(DecoderGraphs.TargetLogProbabilities));
            GrowingBuffer<int> Buffer() => model.Context.Own(new GrowingBuffer<int>(model.Device));
            (ids, targets, rows, mask) = (Buffer(), Buffer(), Buffer(), Buffer());

            PlanCache<(int Rows, int Tokens, int Questions, int QuestionTokens)> Plans(string output)
            {
                var graph = model.Executor.Optimize(scored.Keeping(output));
                var (questions, questionTokens) = model.graphs.Decoder.SourceSizes;
                return model.Context.Own(new PlanCache<(int Rows, int Tokens, int Questions, int QuestionTokens)>(
                    key => model.Executor.Plan(
                        graph, ("rows", key.Rows), ("tokens", key.Tokens), (questions, key.Questions),
                            (questionTokens, key.QuestionTokens)),
                    model.Context.KeptPlans));
            }
        }

        /// <summary>Log-probabilities of every token as an answer's first, <c>[questions, vocabulary]</c>.</summary>
        public float[][] FirstTokens(DecoderSource source)
        {
            var all = Enumerable.Range(0, source.Rows).ToArray();
            var perRun = TokensPerRun;
            return [.. all.Chunk(perRun).SelectMany(questions =>
                Run(wordPlans, source, [.. questions.Select(_ => Array.Empty<int>())], questions, 1).Chunk(model.VocabularySize))];
        }

        /// <summary>The sum of the log-probabilities of each answer's tokens.</summary>
        public double[] Sums(DecoderSource source, IReadOnlyList<int[]> answers, IReadOnlyList<int> questionOf)
        {
            var sums = new double[answers.Count];
            // Answers of one length need no padding.
            foreach (var group in Enumerable.Range(0, answers.Count).GroupBy(answer => answers[answer].Length))
            {
                foreach (var run in group.Chunk(Math.Max(1, TokensPerRun / group.Key)))
                {
                    var scores = Run(targetPlans, source, [.. run.Select(answer => answers[answer])],
                        [.. run.Select(answer => questionOf[answer])], group.Key);
                    foreach (var (answer, words) in run.Zip(scores.Chunk(group.Key)))
                        sums[answer] = words.Sum(word => (double)word);
                }
            }
            return sums;
        }

        // Each token is predicted by the one before it, the first by the start token.
        private float[] Run(
            PlanCache<(int Rows, int Tokens, int Questions, int QuestionTokens)> plans, DecoderSource source, int[][] answers,
                int[] questionOf, int tokens)
        {
            var plan = plans.Get((answers.Length, tokens, source.Rows, source.Tokens));
            var (graph, names) = (plan.Graph, model.graphs.Decoder);
            plan.Bind(graph.Input(DecoderGraphs.Ids),
                ids.Fill([.. answers.SelectMany(answer => answer.Take(tokens - 1).Prepend(model.Config.Text.BosTokenId))]));
            plan.Bind(graph.Input(DecoderGraphs.Targets), targets.Fill([.. answers.SelectMany(answer => answer)]));
            plan.Bind(graph.Input(names.SourceRow), rows.Fill(questionOf));
            plan.Bind(graph.Input(names.SourceMask), mask.Fill(source.Mask(questionOf)));
            for (var layer = 0; layer < model.Config.Text.Layers; layer++)
                plan.Bind(graph.Input(names.SourceName(layer)), source.KeysValues(layer));
            plan.Run();
            return plan.ReadOutput(graph.Outputs.Keys.Single());
        }
    }
}

/// <summary>A listed answer and its score.</summary>
/// <param name="Answer">Its index in the list.</param>
/// <param name="LogProbability">The sum of its tokens' log-probabilities, stop token included.</param>
/// <param name="FirstLogProbability">The log-probability of its first token, which made it a candidate.</param>
internal readonly record struct RankedAnswer(int Answer, double LogProbability, double FirstLogProbability);
