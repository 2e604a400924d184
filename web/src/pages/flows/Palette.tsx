import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { DRAGGED } from './Canvas.js';
import type { Types } from './model/document.js';
import { GROUPS, lookOf } from './model/look.js';
import { named } from './model/words.js';

/** Every node type the server knows, to be dragged, or added with Enter. */
export const Palette = memo(function Palette({ types, onAdd }: { types: Types; onAdd(type: string): void }) {
  const { t } = useTranslation('flows');
  return (
    <section className="flow-palette" aria-label={t('editor.palette')}>
      {GROUPS.map((group) => {
        const own = [...types.keys()].filter((type) => lookOf(type).group === group);
        if (own.length === 0) return null;
        return (
          <div key={group} className={`flow-${group}`}>
            <h3>{t(`group.${group}`)}</h3>
            {own.map((type) => (
              <button
                key={type}
                type="button"
                draggable
                data-testid={`add-${type}`}
                title={`${t(`about.${type}`, { defaultValue: type })} · ${t('editor.addHint')}`}
                onDragStart={(event) => {
                  event.dataTransfer.setData(DRAGGED, type);
                  event.dataTransfer.effectAllowed = 'copy';
                }}
                onClick={() => onAdd(type)}
              >
                <span className="flow-node-icon">{lookOf(type).icon}</span>
                {named(t, 'type', type)}
              </button>
            ))}
          </div>
        );
      })}
    </section>
  );
});
